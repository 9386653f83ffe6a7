// Who else has this map open, and whether they have saved. A light question every few seconds, none in a hidden tab.
const EVERY_MS = 15000;

export class Presence {
  constructor({ state, token, onTold }) {
    Object.assign(this, { state, token, onTold });
    document.addEventListener("visibilitychange", () => this.ask());
    this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(this.state().presenceUrl, { method: "POST", headers: { "X-CSRFToken": this.token, Accept: "application/json" } });
      if (answer.ok) this.onTold(await answer.json());
    } catch {
      // The next question comes soon; that the server is away is told by the saving.
    }
    this.timer = setTimeout(() => this.ask(), EVERY_MS);
  }
}
