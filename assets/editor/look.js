// How the editor looks: the tokens of the design system, so that light and dark follow the page.
//
// CodeMirror's own markers and underlines are pictures in `data:` addresses, which the content security policy blocks:
// every one of them is replaced here by text or by a border.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const underline = (colour) => ({
  backgroundImage: "none", paddingBottom: 0, textDecoration: `underline wavy ${colour} 1.5px`, textUnderlineOffset: "3px",
});
const marker = (sign, colour) => ({
  content: `"${sign}"`, color: colour, font: "700 0.9em/1 var(--sans)", display: "block", textAlign: "center", width: "1em",
});

export const look = EditorView.theme({
  "&": {
    color: "var(--text)", backgroundColor: "var(--bg)", border: "1px solid var(--border-control)",
    borderRadius: "var(--radius)", fontSize: "0.875rem",
  },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", minHeight: "20rem", maxHeight: "70vh" },
  ".cm-content": { caretColor: "var(--text)" },
  "&.cm-focused .cm-cursor, .cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 30%, var(--bg))",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--surface-2) 70%, transparent)" },
  ".cm-gutters": { backgroundColor: "var(--surface-2)", color: "var(--muted)", borderRight: "1px solid var(--border)" },
  ".cm-selectionMatch": { backgroundColor: "var(--info-tint)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--ok-tint)", outline: "1px solid var(--ok)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--danger-tint)" },
  ".cm-lintRange-error": underline("var(--danger)"),
  ".cm-lintRange-warning": underline("var(--warn)"),
  ".cm-lintRange-info, .cm-lintRange-hint": underline("var(--info)"),
  ".cm-lintRange-active": { backgroundColor: "var(--warn-tint)" },
  ".cm-lint-marker": { content: "none" },
  ".cm-lint-marker-error": { content: "none" },
  ".cm-lint-marker-warning": { content: "none" },
  ".cm-lint-marker-info, .cm-lint-marker-hint": { content: "none" },
  ".cm-lint-marker-error::before": marker("✕", "var(--danger)"),
  ".cm-lint-marker-warning::before": marker("!", "var(--warn)"),
  ".cm-lint-marker-info::before, .cm-lint-marker-hint::before": marker("i", "var(--info)"),
  ".cm-tooltip": {
    backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--border-control)",
    borderRadius: "var(--radius)", fontFamily: "var(--sans)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent)", color: "var(--on-accent)",
  },
  ".cm-diagnostic": { padding: "var(--s2) var(--s3)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--danger)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warn)" },
  ".cm-diagnosticAction": {
    backgroundColor: "var(--accent)", color: "var(--on-accent)", font: "600 var(--small)/1.25 var(--sans)",
    borderRadius: "var(--radius)", padding: "var(--s1) var(--s3)", minHeight: "24px", cursor: "pointer",
  },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": { backgroundColor: "var(--info-tint)", color: "var(--text)" },
  ".cm-button": {
    backgroundImage: "none", backgroundColor: "var(--bg)", color: "var(--accent)", border: "1px solid var(--border-control)",
  },
  ".cm-textfield": { backgroundColor: "var(--bg)", color: "var(--text)", border: "1px solid var(--border-control)" },
});

export const colours = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword], color: "var(--chart-4)" },
  { tag: [tags.string, tags.regexp], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--chart-2)" },
  { tag: [tags.comment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.definition(tags.variableName), tags.propertyName], color: "var(--chart-3)" },
  { tag: tags.invalid, color: "var(--danger)" },
]));
