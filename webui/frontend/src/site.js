// What every page needs. htmx puts itself on the window, where its extensions look for it.
import "./site.css";
import "@tabler/core/dist/js/tabler.esm.min.js";
import "htmx.org";
import "./theme.js";
import "./toasts.js";
import "./connection.js";
import "./lines.js";
import "./choices.js";
import "./chooser.js";
import "./mentions.js";
import "./enter.js"; // behind those who take Enter for themselves
import "./live_form.js";
import "./drafts.js"; // restores forms at once: behind those who have to hear of it
import "./reasons.js";
import "./selection.js";
import "./inbox.js";
import "./live.js";
import "./suggestions.js";
import "./keys.js";
import "./phone.js";
import "./lazy_viewer.js";
import "./submit_on_change.js";
import "./drop_zone.js";
import "./uploads.js";
import "./file_dialog.js";
import "./lazy_step_grid.js";
import "./questions.js";
import "./keep.js";
import "./for_types.js";
import "./tabs.js";
import "./file_choice.js";
import "./date_words.js";
import "./cut_paste.js";
import "./first_to_mend.js";
import "./sent_forms.js"; // behind those who keep a form from being sent
import "./takes_long.js";
