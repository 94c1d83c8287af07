// The script editor: <script-editor> around a <textarea>, which stays the field of the form.
//
// CodeMirror lives in a shadow root: there it puts its rules in by adoptedStyleSheets, which `style-src 'self'` allows,
// where a <style> in the document would be blocked. The element's attributes say what it needs from the server:
//   data-check      where the form's CSRF token and the script are posted; answers {problems: [...]}
//   data-reference  the functions and objects that a script has, for completion
//   data-label, data-format, data-wide, data-narrow, data-clean   texts
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, indentSelection } from "@codemirror/commands";
import { javascript, javascriptLanguage } from "@codemirror/lang-javascript";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { forceLinting, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";
import { completionsOf } from "./completion.js";
import { colours, look } from "./look.js";

const CHECK_AFTER = 500;

class ScriptEditor extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("textarea");
    if (!this.field || this.view) return;
    const root = this.attachShadow({ mode: "open" });
    const tools = document.createElement("div");
    tools.className = "tools";
    const place = document.createElement("div");
    this.said = document.createElement("p");
    this.said.setAttribute("role", "status");
    this.said.className = "said";
    root.append(tools, place, this.said);
    root.adoptedStyleSheets = [sheet()];
    this.view = new EditorView({ parent: place, root, state: this.state() });
    tools.append(this.button(this.dataset.format, () => this.format()), this.wide());
    this.listen();
  }

  disconnectedCallback() {
    this.view?.destroy();
  }

  state() {
    return EditorState.create({
      doc: this.field.value,
      extensions: [
        lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), javascript(), colours, look,
        lintGutter(), linter((view) => this.check(view), { delay: CHECK_AFTER }),
        autocompletion(), javascriptLanguage.data.of({ autocomplete: completionsOf(this.dataset.reference) }),
        // Tab is left alone: it moves the focus on, as everywhere else (WCAG 2.1.2).
        keymap.of([
          { key: "Mod-]", run: indentMore }, { key: "Mod-[", run: indentLess },
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap,
        ]),
        EditorState.readOnly.of(this.field.readOnly),
        EditorView.contentAttributes.of({
          "aria-label": this.dataset.label ?? "", "aria-multiline": "true", autocapitalize: "off", spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.field.value = update.state.doc.toString();
        }),
      ],
    });
  }

  listen() {
    // The label and the links of the error summary mean the field; the field is not shown.
    for (const label of this.field.labels) label.addEventListener("click", () => this.view.focus());
    document.addEventListener("click", (event) => {
      const line = event.target.closest?.("[data-script-offset]")?.dataset.scriptOffset;
      if (line === undefined && !event.target.closest?.(`a[href="#${this.field.id}"]`)) return;
      event.preventDefault();
      const at = Math.min(Number(line ?? 0), this.view.state.doc.length);
      this.view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
      this.view.focus();
    });
    if (this.view.state.doc.length) forceLinting(this.view);
  }

  /** The same engine that will run the script looks at it. A server that does not answer finds nothing. */
  async check(view) {
    const { form } = this.field;
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, script: view.state.doc.toString() });
    try {
      const answer = await fetch(this.dataset.check, { method: "POST", body, headers: { accept: "application/json" } });
      if (!answer.ok) return [];
      const { problems } = await answer.json();
      this.said.textContent = problems.length ? `${problems.length} ${this.dataset.found}` : this.dataset.clean;
      return problems.map((problem) => diagnostic(problem, view.state.doc.length));
    } catch {
      return [];
    }
  }

  format() {
    const { view } = this;
    const { main } = view.state.selection;
    view.dispatch({ selection: { anchor: 0, head: view.state.doc.length } });
    indentSelection(view);
    view.dispatch({ selection: { anchor: Math.min(main.head, view.state.doc.length) } });
    view.focus();
  }

  wide() {
    const button = this.button(this.dataset.wide, () => {
      const wide = this.toggleAttribute("wide");
      button.textContent = wide ? this.dataset.narrow : this.dataset.wide;
      this.view.requestMeasure();
    });
    return button;
  }

  button(text, press) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text ?? "";
    button.addEventListener("click", press);
    return button;
  }
}

function diagnostic(problem, length) {
  const at = (offset) => Math.min(Math.max(offset, 0), length);
  const from = at(problem.from);
  const fix = problem.fix && {
    name: problem.fix.label,
    apply: (view) => {
      const { from, to, insert } = problem.fix;
      view.dispatch({ changes: { from: at(from), to: at(to), insert } });
      view.focus();
    },
  };
  return {
    from, to: Math.max(from, at(problem.to)), severity: problem.severity, source: problem.code,
    message: problem.message, actions: fix ? [fix] : [],
  };
}

function sheet() {
  const rules = new CSSStyleSheet();
  rules.replaceSync(`
    :host { display: block; }
    :host([wide]) { position: fixed; inset: 0; z-index: 20; background: var(--bg); padding: var(--s4); overflow: auto; }
    .tools { display: flex; gap: var(--s2); justify-content: flex-end; margin-block-end: var(--s2); }
    .tools button {
      font: 600 var(--small)/1.25 var(--sans); color: var(--accent); background: var(--bg); cursor: pointer;
      border: 1px solid var(--border-control); border-radius: var(--radius); padding: var(--s1) var(--s3); min-block-size: 32px;
    }
    button:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
    .said { margin: var(--s2) 0 0; color: var(--muted); font: var(--small)/1.5 var(--sans); min-block-size: 1.5em; }
  `);
  return rules;
}

customElements.define("script-editor", ScriptEditor);
