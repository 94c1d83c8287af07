//! Changes to a draft, pure: one button of the board each.

use usher_domain::{Authenticator, FlowDefinition, FlowOption, FlowStep, MAX_STEPS, SignInPageStyle};

/// Where something moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// Up, or left.
    Front,
    /// Down, or right.
    Back,
}

/// One change. Steps count from 1, options of a step from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Nothing beside what the form holds.
    Keep,
    /// A further way through a step.
    AddOption(u8, FlowOption),
    /// A way less.
    RemoveOption(u8, usize),
    /// An option earlier or later on the page.
    MoveOption(u8, usize, Towards),
    /// A new, empty step that becomes the one with this number.
    InsertStep(u8),
    /// A step less.
    RemoveStep(u8),
    /// A step earlier or later.
    MoveStep(u8, Towards),
    /// Another flow altogether.
    Replace(Box<FlowDefinition>),
}

/// What the board's form holds beside its buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardForm {
    /// The step that says who the person is.
    pub subject_step: u8,
    /// The step whose connection gives the attributes.
    pub attribute_step: u8,
    /// The steps that take recovery codes, too.
    pub recovery_steps: Vec<u8>,
    /// How the first page begins.
    pub style: SignInPageStyle,
    /// Days for which a browser is remembered; none: never.
    pub remember_days: Option<u16>,
    /// Whether the script runs.
    pub script: ScriptSwitch,
    /// Its text.
    pub text: String,
}

/// Whether the script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptSwitch {
    /// It decides which steps run.
    On,
    /// Its text is kept; the steps run in order.
    Off,
}

impl BoardForm {
    /// The form of a flow.
    pub fn of(definition: &FlowDefinition) -> Self {
        let recovery = |step: &FlowStep| step.options.contains(&RECOVERY);
        let numbered = (1..).zip(&definition.steps);
        let text = definition.script.as_ref().or(definition.shelved_script.as_ref()).cloned().unwrap_or_default();
        Self {
            subject_step: definition.subject_step,
            attribute_step: definition.attribute_step,
            recovery_steps: numbered.filter(|(_, step)| recovery(step)).map(|(number, _)| number).collect(),
            style: definition.style,
            remember_days: definition.remember_days,
            script: if definition.script.is_some() { ScriptSwitch::On } else { ScriptSwitch::Off },
            text,
        }
    }

    /// Puts what the form holds into the flow.
    pub fn apply(&self, definition: &mut FlowDefinition) {
        definition.subject_step = self.subject_step;
        definition.attribute_step = self.attribute_step;
        definition.style = self.style;
        definition.remember_days = self.remember_days;
        // Forms send line ends as CRLF; a script keeps its own.
        let text = self.text.replace("\r\n", "\n");
        let text = (!text.trim().is_empty()).then_some(text);
        (definition.script, definition.shelved_script) = match self.script {
            ScriptSwitch::On => (Some(text.unwrap_or_default()), None),
            ScriptSwitch::Off => (None, text),
        };
        for (number, step) in (1..).zip(&mut definition.steps) {
            let wanted = self.recovery_steps.contains(&number) && has_second_factor(step);
            step.options.retain(|option| *option != RECOVERY);
            if wanted {
                step.options.push(RECOVERY);
            }
        }
    }
}

const RECOVERY: FlowOption = FlowOption::Local { authenticator: Authenticator::RecoveryCode };

/// Whether a step holds a factor that recovery codes stand in for.
pub fn has_second_factor(step: &FlowStep) -> bool {
    use Authenticator::{EmailOtp, Passkey, Totp};
    step.options.iter().any(|option| matches!(option, FlowOption::Local { authenticator: Totp | EmailOtp | Passkey }))
}

/// Carries an edit out. One that names a step or an option that is not there changes nothing.
pub fn apply(definition: &mut FlowDefinition, edit: &Edit) {
    match edit {
        Edit::Keep => {}
        Edit::AddOption(number, option) => add_option(definition, *number, option),
        Edit::RemoveOption(number, position) => {
            if let Some(step) = step(definition, *number).filter(|step| *position < step.options.len()) {
                step.options.remove(*position);
            }
        }
        Edit::MoveOption(number, position, towards) => {
            if let Some(step) = step(definition, *number)
                && let Some(other) = neighbour(*position, *towards, step.options.len())
            {
                step.options.swap(*position, other);
            }
        }
        Edit::InsertStep(number) => insert_step(definition, *number),
        Edit::RemoveStep(number) => remove_step(definition, *number),
        Edit::MoveStep(number, towards) => move_step(definition, *number, *towards),
        Edit::Replace(other) => definition.clone_from(other),
    }
}

fn step(definition: &mut FlowDefinition, number: u8) -> Option<&mut FlowStep> {
    definition.steps.get_mut(usize::from(number).checked_sub(1)?)
}

fn neighbour(position: usize, towards: Towards, count: usize) -> Option<usize> {
    let other = match towards {
        Towards::Front => position.checked_sub(1)?,
        Towards::Back => position.checked_add(1)?,
    };
    (other < count && position < count).then_some(other)
}

fn add_option(definition: &mut FlowDefinition, number: u8, option: &FlowOption) {
    let Some(step) = step(definition, number).filter(|step| !step.options.contains(option)) else { return };
    let recovery = step.options.iter().position(|known| *known == RECOVERY);
    step.options.insert(recovery.unwrap_or(step.options.len()), option.clone());
}

fn insert_step(definition: &mut FlowDefinition, number: u8) {
    let at = usize::from(number).saturating_sub(1).min(definition.steps.len());
    if definition.steps.len() >= usize::from(MAX_STEPS) {
        return;
    }
    definition.steps.insert(at, FlowStep::default());
    renumber(definition, |step| if usize::from(step) > at { step.saturating_add(1) } else { step });
}

fn remove_step(definition: &mut FlowDefinition, number: u8) {
    let Some(at) = usize::from(number).checked_sub(1) else { return };
    if at >= definition.steps.len() || definition.steps.len() < 2 {
        return;
    }
    definition.steps.remove(at);
    renumber(definition, |step| match step {
        gone if gone == number => 1,
        later if later > number => later - 1,
        earlier => earlier,
    });
}

fn move_step(definition: &mut FlowDefinition, number: u8, towards: Towards) {
    let Some(at) = usize::from(number).checked_sub(1) else { return };
    let Some(other) = neighbour(at, towards, definition.steps.len()) else { return };
    definition.steps.swap(at, other);
    let Ok(other) = u8::try_from(other + 1) else { return };
    renumber(definition, |step| match step {
        moved if moved == number => other,
        displaced if displaced == other => number,
        rest => rest,
    });
}

/// The steps for subject and attributes stay the steps they were. The numbers in the script are the admin's to change:
/// the check says where one is wrong.
fn renumber(definition: &mut FlowDefinition, new: impl Fn(u8) -> u8) {
    definition.subject_step = new(definition.subject_step);
    definition.attribute_step = new(definition.attribute_step);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(authenticator: Authenticator) -> FlowOption {
        FlowOption::Local { authenticator }
    }

    fn two_steps() -> FlowDefinition {
        let second = FlowStep { options: vec![local(Authenticator::Totp), local(Authenticator::EmailOtp)] };
        let mut definition = FlowDefinition::simple();
        definition.steps.push(second);
        definition
    }

    fn after(edits: &[Edit]) -> FlowDefinition {
        let mut definition = two_steps();
        for edit in edits {
            apply(&mut definition, edit);
        }
        definition
    }

    #[test]
    fn options_move_within_their_step() {
        let moved = after(&[Edit::MoveOption(2, 1, Towards::Front)]);
        assert_eq!(moved.steps[1].options, [local(Authenticator::EmailOtp), local(Authenticator::Totp)]);
        for nothing in [
            Edit::MoveOption(2, 0, Towards::Front),
            Edit::MoveOption(2, 1, Towards::Back),
            Edit::MoveOption(2, 9, Towards::Front),
            Edit::RemoveOption(3, 0),
            Edit::RemoveStep(0),
            Edit::MoveStep(1, Towards::Front),
            Edit::AddOption(2, local(Authenticator::Totp)),
        ] {
            assert_eq!(after(std::slice::from_ref(&nothing)), two_steps(), "{nothing:?}");
        }
    }

    #[test]
    fn subject_and_attributes_follow_their_step() {
        assert_eq!(after(&[Edit::InsertStep(1)]).subject_step, 2);
        assert_eq!(after(&[Edit::InsertStep(2)]).subject_step, 1);
        assert_eq!(after(&[Edit::MoveStep(1, Towards::Back)]).attribute_step, 2);
        assert_eq!(after(&[Edit::InsertStep(1), Edit::RemoveStep(1)]), two_steps());
        assert_eq!(after(&[Edit::MoveStep(1, Towards::Back), Edit::RemoveStep(2)]).subject_step, 1);
    }

    #[test]
    fn a_flow_keeps_a_step_and_has_at_most_ten() {
        let many = after(&vec![Edit::InsertStep(1); 20]);
        assert_eq!(many.steps.len(), usize::from(MAX_STEPS));
        let one = after(&[Edit::RemoveStep(2), Edit::RemoveStep(1)]);
        assert_eq!(one.steps.len(), 1);
    }

    #[test]
    fn recovery_codes_come_last_and_only_beside_a_second_factor() {
        let mut definition = two_steps();
        let form = BoardForm { recovery_steps: vec![1, 2], ..BoardForm::of(&definition) };
        form.apply(&mut definition);
        apply(&mut definition, &Edit::AddOption(2, local(Authenticator::Passkey)));
        assert_eq!(definition.steps[1].options.last(), Some(&RECOVERY));
        assert!(!definition.steps[0].options.contains(&RECOVERY));
        assert_eq!(BoardForm::of(&definition).recovery_steps, [2]);
    }

    #[test]
    fn a_script_that_is_switched_off_keeps_its_text() {
        let mut definition = two_steps();
        let on = BoardForm { script: ScriptSwitch::On, text: "a\r\nb".to_owned(), ..BoardForm::of(&definition) };
        on.apply(&mut definition);
        assert_eq!(definition.script.as_deref(), Some("a\nb"));
        BoardForm { script: ScriptSwitch::Off, ..BoardForm::of(&definition) }.apply(&mut definition);
        assert_eq!((definition.script.as_deref(), definition.shelved_script.as_deref()), (None, Some("a\nb")));
    }
}
