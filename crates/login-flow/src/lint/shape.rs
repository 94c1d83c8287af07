//! A flow under the names that scripts use.

use std::collections::{BTreeMap, BTreeSet};

use usher_domain::{Connection, ConnectionId, ConnectionKind, FlowDefinition, FlowOption};
use usher_flow_script::{OptionShape, Program, ProgramShape, StepShape};

use super::Surroundings;

/// What scripts call the authenticator of a connection.
pub fn authenticator_name(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Google => "GoogleOIDCAuthenticator",
        ConnectionKind::Microsoft => "MicrosoftAuthenticator",
        ConnectionKind::Apple => "AppleOIDCAuthenticator",
        ConnectionKind::Github => "GithubAuthenticator",
        ConnectionKind::Facebook => "FacebookAuthenticator",
        ConnectionKind::Oauth2 => "CustomOAuth2Authenticator",
        ConnectionKind::Oidc | ConnectionKind::Gitlab | ConnectionKind::Okta | ConnectionKind::Linkedin => {
            "OpenIDConnectAuthenticator"
        }
    }
}

/// The connections that an option stands for: those that exist and are switched on.
pub fn connections_of<'a>(option: &FlowOption, around: Surroundings<'a>) -> Vec<&'a Connection> {
    let enabled = around.connections.iter().filter(|connection| connection.enabled);
    match option {
        FlowOption::Local { .. } => Vec::new(),
        FlowOption::Connection { connection } => enabled.filter(|known| known.id == *connection).collect(),
        FlowOption::EveryConnection => {
            let listed: Option<BTreeSet<&ConnectionId>> = around
                .application
                .and_then(|application| application.connections.as_ref())
                .map(|ids| ids.iter().collect());
            enabled.filter(|known| listed.as_ref().is_none_or(|ids| ids.contains(&known.id))).collect()
        }
    }
}

/// The steps as a script sees them.
pub fn step_shapes(definition: &FlowDefinition, around: Surroundings<'_>) -> Vec<StepShape> {
    let shapes = |option: &FlowOption| match option {
        FlowOption::Local { authenticator } => vec![OptionShape::local(authenticator.script_name())],
        _ => connections_of(option, around)
            .into_iter()
            .map(|connection| OptionShape::connection(&connection.script_name, authenticator_name(connection.kind)))
            .collect(),
    };
    definition.steps.iter().map(|step| StepShape { options: step.options.iter().flat_map(shapes).collect() }).collect()
}

/// What the check of a script is told about its flow.
pub fn program_shape(definition: &FlowDefinition, around: Surroundings<'_>) -> ProgramShape {
    ProgramShape {
        steps: step_shapes(definition, around),
        secrets: around.secrets.clone(),
        libraries: around.libraries.keys().cloned().collect(),
        prompts: around.shared.prompts.clone(),
        mails: around.shared.mails.clone(),
        roles: around.shared.roles.clone(),
    }
}

/// The program of a flow's script, with secrets that are named but not opened: enough to check and to simulate.
pub fn program(definition: &FlowDefinition, around: Surroundings<'_>) -> Option<Program> {
    let mut program = Program::new(definition.script.clone()?);
    program.steps = step_shapes(definition, around);
    program.libraries = around.libraries.clone();
    program.secrets =
        around.secrets.iter().map(|name| (name.clone(), usher_domain::SecretText::new(""))).collect::<BTreeMap<_, _>>();
    program.prompts.clone_from(&around.shared.prompts);
    program.mails.clone_from(&around.shared.mails);
    program.roles.clone_from(&around.shared.roles);
    if let Some(application) = around.application {
        program.application_name.clone_from(&application.name);
    }
    Some(program)
}
