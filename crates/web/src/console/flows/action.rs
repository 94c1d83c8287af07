//! What a button of the board asks for, from the text that it posts.

use usher_broker::console::flows::edit::{Edit, Towards};
use usher_domain::ConnectionId;
use usher_login_flow::lint::Fix;

/// One button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A change of the draft.
    Edit(Edit),
    /// The page that adds an option to a step.
    AddTo(u8),
    /// The preview of a step.
    Preview(u8),
    /// The script is looked at.
    Check,
    /// A template takes the place of the script.
    Template,
    /// A fix that changes a connection.
    Provision(Fix),
    /// The page that proposes a script.
    Skip,
    /// The draft is tried out.
    Simulate,
    /// The draft becomes a version.
    Publish,
    /// The draft goes.
    Discard,
}

impl Action {
    /// Reads the text of a button. Nothing for a text that no button of ours posts.
    pub fn read(text: &str) -> Option<Self> {
        let (verb, rest) = text.split_once(':').unwrap_or((text, ""));
        let (first, second) = rest.split_once(':').unwrap_or((rest, ""));
        let step = || first.parse::<u8>().ok();
        let option = || Some((first.parse::<u8>().ok()?, second.parse::<usize>().ok()?));
        let moved = |towards| option().map(|(step, at)| Self::Edit(Edit::MoveOption(step, at, towards)));
        match verb {
            "" | "keep" => Some(Self::Edit(Edit::Keep)),
            "up" => moved(Towards::Front),
            "down" => moved(Towards::Back),
            "remove" => option().map(|(step, at)| Self::Edit(Edit::RemoveOption(step, at))),
            "insert" => step().map(|step| Self::Edit(Edit::InsertStep(step))),
            "drop" => step().map(|step| Self::Edit(Edit::RemoveStep(step))),
            "left" => step().map(|step| Self::Edit(Edit::MoveStep(step, Towards::Front))),
            "right" => step().map(|step| Self::Edit(Edit::MoveStep(step, Towards::Back))),
            "add" => step().map(Self::AddTo),
            "preview" => step().map(Self::Preview),
            "jit" => ConnectionId::parse(rest).ok().map(|id| Self::Provision(Fix::TurnOnJit(id))),
            "link" => ConnectionId::parse(rest).ok().map(|id| Self::Provision(Fix::StopSkipping(id))),
            "check" => Some(Self::Check),
            "template" => Some(Self::Template),
            "skip" => Some(Self::Skip),
            "simulate" => Some(Self::Simulate),
            "publish" => Some(Self::Publish),
            "discard" => Some(Self::Discard),
            _ => None,
        }
    }

    /// The step that the page shows afterwards.
    pub fn step(&self) -> u8 {
        match self {
            Self::Edit(Edit::MoveStep(step, Towards::Front)) => step.saturating_sub(1).max(1),
            Self::Edit(Edit::MoveStep(step, Towards::Back)) => step.saturating_add(1),
            Self::Edit(Edit::MoveOption(step, ..) | Edit::RemoveOption(step, _) | Edit::InsertStep(step))
            | Self::Preview(step) => *step,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_read_back_and_other_texts_do_not() {
        for (text, action) in [
            ("up:2:1", Action::Edit(Edit::MoveOption(2, 1, Towards::Front))),
            ("remove:1:0", Action::Edit(Edit::RemoveOption(1, 0))),
            ("insert:2", Action::Edit(Edit::InsertStep(2))),
            ("right:1", Action::Edit(Edit::MoveStep(1, Towards::Back))),
            ("add:3", Action::AddTo(3)),
            ("publish", Action::Publish),
            ("", Action::Edit(Edit::Keep)),
        ] {
            assert_eq!(Action::read(text), Some(action), "{text}");
        }
        for text in ["up", "up:x:1", "up:1", "insert:", "left:300", "jit:", "nothing"] {
            assert_eq!(Action::read(text), None, "{text}");
        }
    }
}
