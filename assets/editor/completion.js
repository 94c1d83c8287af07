// Completion from the reference: the file that the documentation is rendered from, fetched when it is first needed.
import { completeFromList } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";

const TYPES = { function: "function", property: "property", callback: "method" };

/** A completion source: global names anywhere, members behind a dot. */
export function completionsOf(url) {
  let known;
  const load = async () => {
    const answer = await fetch(url);
    const entries = answer.ok ? (await answer.json()).map(placed) : [];
    const globals = entries.filter((entry) => !entry.holder && entry.kind !== "callback");
    return { globals: completeFromList(globals.map(option)), members: entries.filter((entry) => entry.holder) };
  };
  return async (context) => {
    const node = syntaxTree(context.state).resolveInner(context.pos, -1);
    if (!url || /Comment|String/.test(node.name)) return null;
    known ??= load().catch(() => undefined);
    const reference = await known;
    if (!reference) return null;
    const member = context.matchBefore(/\w+(\[[^\]]*\])?\.\w*$/);
    if (!member) return reference.globals(context);
    const holder = /^\w+/.exec(member.text)[0];
    const exact = reference.members.filter((entry) => entry.holder === holder);
    const options = distinct(exact.length ? exact : reference.members).map(option);
    return { from: member.from + member.text.lastIndexOf(".") + 1, options, validFor: /^\w*$/ };
  };
}

/** An entry `context.steps[n].idp` is the member `idp` behind `steps`. */
function placed(entry) {
  const parts = entry.name.replaceAll(/\[[^\]]*\]|\(.*\)$/g, "").split(".");
  return { ...entry, label: parts.at(-1), holder: parts.at(-2) };
}

function option(entry) {
  const [detail] = (entry.signature ?? "").split("\n");
  return { label: entry.label, type: TYPES[entry.kind] ?? "text", detail, info: entry.summary ?? "" };
}

function distinct(entries) {
  const seen = new Set();
  return entries.filter((entry) => !seen.has(entry.label) && seen.add(entry.label));
}
