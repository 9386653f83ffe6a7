// Keeps the drawn map on the server: a while after every change, never over what somebody else has saved meanwhile.
const DELAY_MS = 2000;
const RETRY_MS = 10000;

const isJson = answer => /json/.test(answer.headers.get("Content-Type") ?? "");

export class Saving {
  // `state` is {saveUrl, revision, …} as the server gave it last; `xml()` gives the file as it would be written.
  constructor(modeler, { state, token, xml, flush, show, onSaved, onConflict }) {
    Object.assign(this, { modeler, state, token, xml, flush, show, onSaved, onConflict });
    this.changes = 0;
    this.savedChanges = 0;
    this.isHeld = false; // while the file cannot be saved, or two people's changes wait for a decision
    modeler.on("commandStack.changed", () => this.changed());
    window.addEventListener("beforeunload", event => {
      this.flush();
      if (this.isDirty) event.preventDefault();
    });
  }

  get isDirty() {
    return this.changes !== this.savedChanges;
  }

  changed() {
    this.changes += 1;
    if (this.isHeld) return;
    this.show("unsaved");
    this.later(DELAY_MS);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  // The map that stands on the drawing now is the server's.
  isClean() {
    clearTimeout(this.timer);
    this.savedChanges = this.changes;
  }

  async save({ asNew = false } = {}) {
    clearTimeout(this.timer);
    this.flush();
    if (this.running) {
      await this.running;
      return this.isDirty ? this.save({ asNew }) : undefined;
    }
    if (this.isHeld && !asNew) return undefined;
    if (!this.isDirty && !asNew) return this.show("saved");
    this.running = this.send(asNew);
    try {
      return await this.running;
    } finally {
      this.running = null;
    }
  }

  async request(asNew) {
    const changes = this.changes;
    const body = new FormData();
    body.set("map", new Blob([await this.xml()], { type: "application/xml" }), "map.bpmn");
    body.set("read_revision", this.state.revision);
    body.set("command_id", Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join(""));
    if (asNew) body.set("as_new", "yes");
    return { body, changes };
  }

  // What got no answer may have been kept all the same: it is sent again as it was, before what was drawn since.
  async send(asNew) {
    this.show("saving");
    const { body, changes } = (this.unanswered = (!asNew && this.unanswered) || await this.request(asNew));
    let answer, told;
    try {
      answer = await fetch(this.state.saveUrl, { method: "POST", body, headers: { "X-CSRFToken": this.token, Accept: "application/json" } });
      told = isJson(answer) ? await answer.json() : null;
    } catch {
      this.show("offline");
      return this.later(RETRY_MS);
    }
    if (told) this.unanswered = null;
    if (!told) {
      this.show(answer.status >= 500 ? "offline" : "signed_out");
      this.later(RETRY_MS);
    } else if (answer.ok) {
      this.isHeld = false;
      this.savedChanges = changes;
      this.state = { ...this.state, ...told };
      this.onSaved(told);
      if (this.isDirty) this.later(DELAY_MS);
      this.show(this.isDirty ? "unsaved" : "saved");
    } else if (answer.status === 409) {
      this.isHeld = true;
      this.show("conflict");
      this.onConflict(told);
    } else {
      this.show("refused", told.message, told.findings);
    }
    return undefined;
  }
}
