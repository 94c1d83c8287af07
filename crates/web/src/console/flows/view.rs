//! What the board shows of a flow.

use std::collections::BTreeSet;

use axum::response::Response;
use usher_broker::Snapshot;
use usher_broker::console::flows::edit::has_second_factor;
use usher_domain::{Authenticator, ConnectionId, FlowOption, FlowStep, MAX_STEPS, SignInPageStyle};
use usher_flow_script as engine;
use usher_login_flow::lint::{self, Ending, Finding, Fix, Level, Problem};

use super::super::fields::Fields;
use super::super::session::{Console, Rejected};
use super::super::words;
use super::Opened;
use crate::pages::console::{
    FindingKind, FindingView, FixView, FlowPage, OptionRow, ProblemRow, ScriptPart, SignInPreview, StepColumn,
};
use crate::pages::{Named, PasswordForm, Tag, Tone, Ui, WayToSignIn};

/// What the page shows beside the flow.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The step of the preview.
    pub selected: u8,
    /// Whether the script was just checked.
    pub checked: bool,
    /// What was posted and not accepted.
    pub posted: Option<&'a Fields>,
}

/// The board of a flow.
pub fn page(console: &Console, opened: &Opened, shown: Shown<'_>, rejected: Rejected) -> Response {
    let (flow, snapshot) = (&opened.flow, console.broker().snapshot());
    let count = u8::try_from(flow.definition.steps.len()).unwrap_or(MAX_STEPS);
    let selected = shown.selected.clamp(1, count.max(1));
    let findings = flow.findings(console.broker());
    let text = flow.definition.script.as_ref().or(flow.definition.shelved_script.as_ref()).cloned().unwrap_or_default();
    let posted = |name: &str| shown.posted.map(|fields| fields.owned(name));
    let days = flow.definition.remember_days.map(|days| days.to_string()).unwrap_or_default();
    let words = Words { ui: &console.ui, snapshot: &snapshot };
    let view = FlowPage {
        shell: console.shell(opened.section),
        at: opened.address(console),
        steps: (1..).zip(&flow.definition.steps).map(|(n, step)| words.column(opened, (n, step), selected)).collect(),
        script: script(console, opened, text, shown.checked),
        draft: flow.is_draft(),
        draft_by: flow.drafted.as_ref().map(|(_, by)| by.clone()).unwrap_or_default(),
        published: flow.published.as_ref().map(|version| version.version.number),
        identifier_first: flow.definition.style == SignInPageStyle::IdentifierFirst,
        remember_days: posted("remember_days").unwrap_or(days),
        note: posted("note").unwrap_or_default(),
        ways: snapshot.plain_connections().iter().map(|one| (one.id.to_string(), one.name.clone())).collect(),
        selected,
        preview: words.preview(opened, selected),
        preview_factors: words.preview_factors(opened, selected),
        may_grow: count < MAX_STEPS,
        version: flow.revision,
        findings: words.findings(&findings, shown.posted),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn script(console: &Console, opened: &Opened, text: String, checked: bool) -> ScriptPart {
    let on = opened.flow.definition.script.is_some();
    let looked_at = !text.trim().is_empty() && (on || checked);
    let problems = if looked_at { opened.flow.check_script(console.broker(), &text) } else { Vec::new() };
    let row = |found: engine::Finding| ProblemRow {
        line: found.line,
        from: found.from,
        error: found.level == engine::Level::Error,
        code: found.code,
        message: found.message,
    };
    ScriptPart {
        on,
        problems: problems.into_iter().map(row).collect(),
        checked,
        templates: engine::templates().iter().map(|template| (template.id, template.title, template.group)).collect(),
        text,
    }
}

/// How things of a flow read.
pub struct Words<'a> {
    pub ui: &'a Ui,
    pub snapshot: &'a Snapshot,
}

impl Words<'_> {
    /// A local method.
    pub fn factor(&self, authenticator: Authenticator) -> String {
        self.ui.t(format!("option-{}", authenticator.as_str()))
    }

    /// Several, as a list.
    pub fn factors(&self, all: &[Authenticator]) -> String {
        all.iter().map(|each| self.factor(*each)).collect::<Vec<_>>().join(", ")
    }

    /// Several connections, as a list.
    pub fn connections<'c>(&self, all: impl Iterator<Item = &'c ConnectionId>) -> String {
        all.map(|id| words::connection_name(self.ui, self.snapshot, id)).collect::<Vec<_>>().join(", ")
    }

    /// An option.
    pub fn option(&self, option: &FlowOption) -> String {
        match option {
            FlowOption::Local { authenticator } => self.factor(*authenticator),
            FlowOption::Connection { connection } => words::connection_name(self.ui, self.snapshot, connection),
            FlowOption::EveryConnection => self.ui.t("option-every"),
        }
    }

    /// What is worth knowing about an option.
    pub fn tags(&self, option: &FlowOption) -> Vec<Tag> {
        match option {
            FlowOption::Local { authenticator } if authenticator.is_second_factor() => {
                vec![Tag::new("needs local account", Tone::Info)]
            }
            FlowOption::Connection { connection } => match self.snapshot.connections.get(connection) {
                None => vec![Tag::new("deleted", Tone::Danger)],
                Some(known) if !known.connection.enabled => vec![Tag::new("disabled", Tone::Danger)],
                Some(known) if lint::ending_without_account(&known.connection) == Some(Ending::JitOff) => {
                    vec![Tag::new("JIT off", Tone::Warn)]
                }
                Some(known) if lint::ending_without_account(&known.connection).is_some() => {
                    vec![Tag::new("skips provisioning", Tone::Warn)]
                }
                Some(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn column(&self, opened: &Opened, (number, step): (u8, &FlowStep), selected: u8) -> StepColumn {
        let definition = &opened.flow.definition;
        let recovery = FlowOption::Local { authenticator: Authenticator::RecoveryCode };
        let second_factor = has_second_factor(step);
        // Beside a second factor they are a tick below the options, and stand last.
        let listed = step.options.iter().filter(|option| !second_factor || **option != recovery).count();
        let row = |(position, option): (usize, &FlowOption)| OptionRow {
            position,
            name: Named::new(&self.option(option)),
            tags: self.tags(option),
            first: position == 0,
            last: position + 1 >= listed,
        };
        StepColumn {
            number,
            options: step.options.iter().enumerate().take(listed).map(row).collect(),
            last: usize::from(number) == definition.steps.len(),
            subject: definition.subject_step == number,
            attributes: definition.attribute_step == number,
            second_factor,
            recovery: step.options.contains(&recovery),
            selected: number == selected,
        }
    }

    fn findings(&self, all: &[Finding], posted: Option<&Fields>) -> Vec<FindingView> {
        let mut seen = BTreeSet::new();
        let view = |finding: &Finding| FindingView {
            accept: finding.level() == Level::Warning && seen.insert(finding.code().to_owned()),
            ..self.finding(finding, posted)
        };
        all.iter().map(view).collect()
    }

    fn finding(&self, finding: &Finding, posted: Option<&Fields>) -> FindingView {
        let (class, word) = match finding.level() {
            Level::Error => ("danger", "Error"),
            Level::Warning => ("warn", "Warning"),
            Level::Note => ("info", "Note"),
        };
        let code = finding.code().to_owned();
        let (kind, names, factors, message) = self.sentence(&finding.problem);
        FindingView {
            kind,
            class,
            word,
            accept: false,
            accepted: posted.is_some_and(|fields| fields.ticked(&format!("accept_{code}"))),
            step: finding.step.unwrap_or(0),
            names,
            factors,
            message,
            fixes: self.fixes(finding),
            code,
        }
    }

    fn sentence(&self, problem: &Problem) -> (FindingKind, String, String, String) {
        let nothing = String::new;
        let of = |kind: FindingKind, names: String| (kind, names, nothing(), nothing());
        match problem {
            Problem::StepCount => of(FindingKind::StepCount, nothing()),
            Problem::StepEmpty => of(FindingKind::StepEmpty, nothing()),
            Problem::SubjectStep => of(FindingKind::SubjectStep, nothing()),
            Problem::SecondFactorFirst(factor) => of(FindingKind::SecondFactorFirst, self.factor(*factor)),
            Problem::SecondFactorNoFirst(factor) => of(FindingKind::SecondFactorNoFirst, self.factor(*factor)),
            Problem::ConnectionGone(_) => of(FindingKind::ConnectionGone, nothing()),
            Problem::ConnectionDisabled(id) => {
                of(FindingKind::ConnectionDisabled, self.connections(std::iter::once(id)))
            }
            Problem::PasskeyEnrol => of(FindingKind::PasskeyEnrol, nothing()),
            Problem::PasskeyNoDomain => of(FindingKind::PasskeyNoDomain, nothing()),
            Problem::JitMfa { connections, factors } => {
                let off = connections.iter().all(|(_, ending)| *ending == Ending::JitOff);
                let kind = if off { FindingKind::JitOff } else { FindingKind::JitSkipped };
                let names = self.connections(connections.iter().map(|(id, _)| id));
                (kind, names, self.factors(factors), nothing())
            }
            Problem::Script(found) => {
                (FindingKind::Script, nothing(), nothing(), format!("Line {}: {}", found.line, found.message))
            }
        }
    }

    fn fixes(&self, finding: &Finding) -> Vec<FixView> {
        let step = finding.step.unwrap_or(0);
        let name = |id: &ConnectionId| words::connection_name(self.ui, self.snapshot, id);
        finding
            .fixes
            .iter()
            .filter_map(|fix| match fix {
                Fix::TurnOnJit(id) => Some((format!("jit:{id}"), format!("Turn on JIT for {}", name(id)))),
                Fix::StopSkipping(id) => {
                    Some((format!("link:{id}"), format!("Stop skipping provisioning for {}", name(id))))
                }
                Fix::SkipByScript(_) => Some(("skip".to_owned(), format!("Skip step {step} with a script"))),
                Fix::RemoveStep => Some((format!("drop:{step}"), format!("Remove step {step}"))),
                // The button at the option does the same, and names its place.
                Fix::RemoveOption => None,
            })
            .map(|(action, label)| FixView { action, label })
            .collect()
    }

    fn preview(&self, opened: &Opened, selected: u8) -> Option<SignInPreview> {
        let step = opened.flow.definition.steps.get(usize::from(selected).checked_sub(1)?)?;
        let around = opened.flow.surroundings(self.snapshot.plain_connections());
        let ways: Vec<WayToSignIn> = step
            .options
            .iter()
            .flat_map(|option| lint::connections_of(option, around))
            .map(|connection| WayToSignIn {
                connection: connection.id.clone(),
                name: Named::new(&connection.name),
                button_text: connection.button_text.clone(),
            })
            .collect();
        let password = step.options.contains(&FlowOption::Local { authenticator: Authenticator::Password });
        // Later on it is asked for on a page of its own.
        let passkey =
            selected == 1 && step.options.contains(&FlowOption::Local { authenticator: Authenticator::Passkey });
        if ways.is_empty() && !password && !passkey {
            return None;
        }
        let application = opened.flow.application.as_ref().map_or("an application", |a| a.name.as_str());
        let page = SignInPreview::new(self.ui, application, ways, password.then(PasswordForm::default))?;
        Some(SignInPreview { passkey: passkey.then(String::new), ..page })
    }

    fn preview_factors(&self, opened: &Opened, selected: u8) -> Vec<String> {
        let step = usize::from(selected).checked_sub(1).and_then(|at| opened.flow.definition.steps.get(at));
        step.into_iter().flat_map(|step| &step.options).map(|option| self.option(option)).collect()
    }
}
