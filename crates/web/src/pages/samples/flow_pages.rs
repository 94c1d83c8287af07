//! The flow editor's pages with sample content.

use super::console_pages::MakeShell;
use super::{Rendered, application_id, now, render};
use crate::forms::FormErrors;
use crate::pages::console::*;
use crate::pages::{Named, PasswordForm, Tag, Tone, WayToSignIn};

fn at(name: &str) -> FlowAddress {
    let application = ApplicationHead {
        id: application_id(),
        name: Named::new(name),
        kind: usher_domain::ApplicationKind::Web,
        status: Tag::new("Enabled", Tone::Ok),
    };
    FlowAddress { base: "/console/applications/a_1/sign-in".to_owned(), subject: FlowSubject::Application(application) }
}

fn option(position: usize, name: &str, tags: Vec<Tag>) -> OptionRow {
    OptionRow { position, name: Named::new(name), tags, first: position == 0, last: position == 1 }
}

fn step(number: u8, options: Vec<OptionRow>) -> StepColumn {
    StepColumn {
        number,
        options,
        last: number == 2,
        subject: number == 1,
        attributes: number == 1,
        second_factor: number == 2,
        recovery: false,
        selected: number == 1,
    }
}

fn finding(name: &str, kind: FindingKind) -> FindingView {
    FindingView {
        code: "jit_mfa".to_owned(),
        kind,
        class: "warn",
        word: "Warning",
        accept: kind == FindingKind::JitOff,
        accepted: false,
        step: 2,
        names: name.to_owned(),
        factors: "TOTP".to_owned(),
        message: name.to_owned(),
        fixes: vec![FixView { action: "jit:c_1".to_owned(), label: format!("Turn on JIT for {name}") }],
    }
}

fn board(shell: MakeShell<'_>, name: &str, errors: FormErrors) -> FlowPage {
    let way = WayToSignIn {
        connection: usher_domain::ConnectionId::parse("c_1").unwrap(),
        name: Named::new(name),
        button_text: None,
    };
    let shell = shell(Section::Applications);
    let jit_off = vec![Tag::new("JIT off", Tone::Warn)];
    FlowPage {
        preview: SignInPreview::new(&shell.ui, name, vec![way], Some(PasswordForm::default())),
        shell,
        at: at(name),
        steps: vec![
            step(1, vec![option(0, "Username and password", vec![]), option(1, name, jit_off)]),
            step(2, vec![option(0, "TOTP", vec![])]),
        ],
        findings: vec![
            finding(name, FindingKind::JitOff),
            finding(name, FindingKind::JitSkipped),
            finding(name, FindingKind::Script),
            finding(name, FindingKind::SecondFactorFirst),
            finding(name, FindingKind::StepEmpty),
            finding(name, FindingKind::PasskeyNoDomain),
        ],
        script: ScriptPart {
            on: true,
            text: name.to_owned(),
            problems: vec![ProblemRow {
                line: 7,
                from: 3,
                code: "script_no_step".to_owned(),
                message: name.to_owned(),
                error: true,
            }],
            checked: true,
            templates: vec![("sign_in_option", "Sign-in option", "Adaptive")],
        },
        draft: true,
        draft_by: name.to_owned(),
        published: Some(7),
        identifier_first: false,
        remember_days: "30".to_owned(),
        ways: vec![("c_1".to_owned(), name.to_owned())],
        note: name.to_owned(),
        selected: 1,
        preview_factors: Vec::new(),
        may_grow: true,
        version: 3,
        errors,
    }
}

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let same = DiffLine { class: "same", mark: " ", text: name.to_owned() };
    let added = DiffLine { class: "added", mark: "+", text: name.to_owned() };
    let diff = vec![same, added];
    let errors = FormErrors::at("accept", "Tick the box to publish in spite of the warnings, or solve them");
    let row = VersionRow {
        number: 7,
        published_at: now(),
        published_by: name.to_owned(),
        note: name.to_owned(),
        current: true,
    };
    let flow = || shell(Section::Flow);
    vec![
        render("console-flow", board(shell, name, FormErrors::none())),
        render("console-flow-error", board(shell, name, errors)),
        render("console-flow-start", start(shell, name)),
        render("console-flow-add", add(shell, name)),
        render(
            "console-flow-skip",
            SkipScriptPage {
                shell: flow(),
                at: at(name),
                names: name.to_owned(),
                factors: "TOTP".to_owned(),
                diff: diff.clone(),
                by_hand: false,
                proposed: name.to_owned(),
                version: 1,
                errors: FormErrors::none(),
            },
        ),
        render("console-flow-revert", FlowRevertPage { shell: flow(), at: at(name) }),
        render(
            "console-flow-history",
            FlowHistoryPage { shell: flow(), at: at(name), rows: vec![row], compared: Some(7), diff, version: 1 },
        ),
        render("console-flow-simulate", simulated(shell, name, FormErrors::none())),
        render(
            "console-flow-simulate-error",
            simulated(shell, name, FormErrors::at("user", "Nobody is called exactly so")),
        ),
        render("console-flow-replay", replayed(shell, name)),
        render(
            "console-script-secrets",
            SecretsPage {
                shell: shell(Section::Settings),
                rows: vec![ScriptSecretRow { name: name.to_owned(), ending: "a91f".to_owned(), updated_at: now() }],
                name: name.to_owned(),
                errors: FormErrors::none(),
            },
        ),
        render("console-script-libraries", libraries(shell, name)),
        render("console-script-pages", prompts(shell, name)),
        render("console-script-mails", mails(shell, name)),
        render("console-script-reach", reach(shell, name)),
        render("console-script-reference", reference(shell, name)),
    ]
}

fn simulated(shell: MakeShell<'_>, name: &str, errors: FormErrors) -> SimulatePage {
    let row = SimulatedRow {
        way: name.to_owned(),
        pages: vec!["Sign-in page".to_owned(), name.to_owned()],
        steps: "1, 2".to_owned(),
        result: Tag::new("Refused", Tone::Danger),
        reason: "mfa_needs_account".to_owned(),
        acr: "urn:two".to_owned(),
        decision: "pass_through".to_owned(),
        calls: vec!["executeStep(1)".to_owned()],
        logs: vec![name.to_owned()],
        stubbed: true,
    };
    SimulatePage {
        shell: shell(Section::Flow),
        at: at(name),
        applications: vec![("a_1".to_owned(), name.to_owned())],
        ways: vec![("c_1".to_owned(), name.to_owned())],
        may_type: true,
        draft: true,
        form: SimulateForm { user: name.to_owned(), ip: "203.0.113.9".to_owned(), ..SimulateForm::default() },
        proposed: if errors.any() { vec![(name.to_owned(), name.to_owned())] } else { Vec::new() },
        rows: (!errors.any()).then(|| vec![row]),
        errors,
    }
}

fn replayed(shell: MakeShell<'_>, name: &str) -> ReplayPage {
    let row = |tag: Tag, to: &str| ReplayRow {
        at: now(),
        person: "a***".to_owned(),
        application: name.to_owned(),
        from: "Step 1: Username and password → Signed in".to_owned(),
        tag,
        to: to.to_owned(),
        reference: "7F3K-92QX-4D00".to_owned(),
        href: "/console/signins/7F3K-92QX-4D00".to_owned(),
    };
    ReplayPage {
        shell: shell(Section::Flow),
        at: at(name),
        draft: true,
        recording: true,
        shared: true,
        last: 50,
        most: 200,
        counts: Some((1, 0, 1, 1)),
        rows: vec![row(Tag::new("Would change", Tone::Warn), name), row(Tag::new("Same", Tone::Ok), "")],
    }
}

fn start(shell: MakeShell<'_>, name: &str) -> FlowStartPage {
    let choice = |id: &str, conditional| StartChoice {
        id: id.to_owned(),
        title: name.to_owned(),
        summary: name.to_owned(),
        conditional,
    };
    FlowStartPage {
        shell: shell(Section::Applications),
        at: at(name),
        replaces: false,
        choices: vec![choice("totp", false), choice("script:x", true)],
        simple_href: Some("/console/applications/a_1/general".to_owned()),
        version: 0,
    }
}

fn add(shell: MakeShell<'_>, name: &str) -> AddOptionPage {
    let choice = |reason: &str| OptionChoice {
        value: "local:totp".to_owned(),
        name: Named::new(name),
        detail: name.to_owned(),
        tags: vec![Tag::new("needs local account", Tone::Info)],
        reason: reason.to_owned(),
    };
    let groups = vec![OptionGroup { title: "Local", options: vec![choice(""), choice("It is in this step already.")] }];
    let shell = shell(Section::Applications);
    AddOptionPage { shell, at: at(name), step: 1, query: name.to_owned(), groups, version: 1 }
}

fn libraries(shell: MakeShell<'_>, name: &str) -> LibrariesPage {
    LibrariesPage {
        shell: shell(Section::Settings),
        rows: vec![LibraryRow { name: name.to_owned(), lines: 3 }],
        form: LibraryForm { name: name.to_owned(), source: name.to_owned(), version: 1 },
        errors: FormErrors::none(),
    }
}

fn prompts(shell: MakeShell<'_>, name: &str) -> PromptsPage {
    let form = PromptForm {
        name: name.to_owned(),
        title: name.to_owned(),
        text: name.to_owned(),
        fields: "age | How old are you? | number | required".to_owned(),
        version: 1,
    };
    let rows = vec![(name.to_owned(), name.to_owned())];
    PromptsPage { shell: shell(Section::Settings), rows, form, errors: FormErrors::none() }
}

fn mails(shell: MakeShell<'_>, name: &str) -> MailsPage {
    let form = MailForm { name: name.to_owned(), subject: name.to_owned(), text: name.to_owned(), version: 1 };
    let rows = vec![(name.to_owned(), name.to_owned())];
    MailsPage { shell: shell(Section::Settings), rows, form, errors: FormErrors::none() }
}

fn reach(shell: MakeShell<'_>, name: &str) -> ReachPage {
    let (hosts, groups) = ("api.example.com".to_owned(), name.to_owned());
    ReachPage { shell: shell(Section::Settings), hosts, groups, version: 1, errors: FormErrors::none() }
}

fn reference(shell: MakeShell<'_>, name: &str) -> ReferencePage {
    let entry = usher_flow_script::Entry {
        name: "executeStep".to_owned(),
        kind: "function".to_owned(),
        signature: name.to_owned(),
        summary: name.to_owned(),
        snippet: String::new(),
        group: "Steps".to_owned(),
    };
    let groups = vec![ReferenceGroup { title: name.to_owned(), entries: vec![entry] }];
    ReferencePage { shell: shell(Section::Flow), query: name.to_owned(), groups }
}
