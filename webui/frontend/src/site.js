// What every page needs. htmx puts itself on the window, where its extensions look for it.
import "./site.css";
import "@tabler/core/dist/js/tabler.esm.min.js";
import "htmx.org";
import "./theme.js";
import "./toasts.js";
import "./drafts.js";
import "./chooser.js";
import "./reasons.js";
import "./selection.js";
import "./inbox.js";
import "./suggestions.js";
import "./keys.js";
import "./lazy_viewer.js";
import "./submit_on_change.js";
import "./drop_zone.js";
import "./lazy_step_grid.js";
import "./questions.js";
