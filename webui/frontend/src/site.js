// What every page needs. htmx puts itself on the window, where its extensions look for it.
import "./site.css";
import "@tabler/core/dist/js/tabler.esm.min.js";
import "htmx.org";
