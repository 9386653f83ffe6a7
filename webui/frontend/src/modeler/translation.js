// The words of the drawing program in the language of the page. English is its own; what is unknown stays English.
import ukrainian from "./ukrainian.json";

const LANGUAGES = { uk: ukrainian };

export function translationModule(locale) {
  const known = LANGUAGES[locale] ?? {};
  const translate = (template, replacements = {}) => (known[template] ?? template).replace(/{([^}]+)}/g, (_, name) => replacements[name] ?? `{${name}}`);
  return { translate: ["value", translate] };
}
