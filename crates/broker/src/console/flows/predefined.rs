//! Flows to begin with, in two groups: steps alone, and steps with a script.

use usher_domain::{Authenticator, FlowDefinition, FlowOption, FlowStep};
use usher_flow_script::{Template, templates};

/// A flow to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predefined {
    /// Stable id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it does.
    pub summary: String,
    /// The heading of its group.
    pub group: Group,
}

/// Which of the two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Steps alone.
    Basic,
    /// With a script.
    Conditional,
}

const BASIC: [(&str, &str, &str, &[Authenticator]); 4] = [
    ("password", "Username and password", "One step: username and password, or a connection.", &[]),
    ("totp", "With an authenticator app", "A code from an authenticator app as a second step.", &[Authenticator::Totp]),
    ("email_otp", "With a code by email", "A code sent by email as a second step.", &[Authenticator::EmailOtp]),
    ("passkey", "With a passkey", "A passkey as a second step.", &[Authenticator::Passkey]),
];

/// All of them, in the order of the page.
pub fn all() -> Vec<Predefined> {
    let basic = BASIC.iter().map(|(id, title, summary, _)| Predefined {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        summary: (*summary).to_owned(),
        group: Group::Basic,
    });
    let conditional = templates().iter().map(|template| Predefined {
        id: format!("script:{}", template.id),
        title: template.title.to_owned(),
        summary: template.summary.to_owned(),
        group: Group::Conditional,
    });
    basic.chain(conditional).collect()
}

/// The flow of an id, made from the first step that there is.
pub fn flow(id: &str, present: &FlowDefinition) -> Option<FlowDefinition> {
    let first = present.steps.first().cloned().unwrap_or_default();
    let plain = FlowDefinition {
        steps: vec![first],
        script: None,
        shelved_script: None,
        subject_step: 1,
        attribute_step: 1,
        levels: Vec::new(),
        least_steps: None,
        ..present.clone()
    };
    if let Some((.., factors)) = BASIC.iter().find(|(known, ..)| *known == id) {
        let mut definition = plain;
        definition.steps.extend(factors.iter().map(|factor| step(*factor)));
        return Some(definition);
    }
    let template = template(id.strip_prefix("script:")?)?;
    let mut definition = FlowDefinition { script: Some(template.source.to_owned()), ..plain };
    complete(&mut definition, template);
    Some(definition)
}

/// A script to begin with.
pub fn template(id: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.id == id)
}

/// Adds the steps that a template needs and the flow lacks. Those that are there stay.
pub fn complete(definition: &mut FlowDefinition, template: &Template) {
    while definition.steps.len() < usize::from(template.steps) {
        let need = template.needs.get(definition.steps.len()).copied().unwrap_or_default();
        definition.steps.push(step(factor_for(need, definition.steps.len())));
    }
}

fn factor_for(need: &str, position: usize) -> Authenticator {
    let need = need.to_lowercase();
    match () {
        () if need.contains("passkey") => Authenticator::Passkey,
        () if need.contains("email") || need.contains("e-mail") => Authenticator::EmailOtp,
        () if position > 1 => Authenticator::EmailOtp,
        () => Authenticator::Totp,
    }
}

fn step(authenticator: Authenticator) -> FlowStep {
    FlowStep { options: vec![FlowOption::Local { authenticator }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_to_begin_with_can_be_made() {
        let present = FlowDefinition::simple();
        for each in all() {
            let made = flow(&each.id, &present).unwrap();
            assert_eq!(made.steps[0], present.steps[0], "{}", each.id);
            assert_eq!(made.script.is_some(), each.group == Group::Conditional, "{}", each.id);
        }
        assert_eq!(flow("other", &present), None);
        assert_eq!(flow("script:other", &present), None);
    }

    #[test]
    fn a_basic_flow_has_the_steps_it_promises() {
        let present = FlowDefinition { script: Some("x".to_owned()), ..FlowDefinition::simple() };
        let counts = ["password", "totp", "email_otp", "passkey"].map(|id| flow(id, &present).unwrap().steps.len());
        assert_eq!(counts, [1, 2, 2, 2]);
        assert_eq!(flow("totp", &present).unwrap().script, None);
    }
}
