//! One test per rule of the page that first asks who the person is.

use usher_domain::{ConnectionId, SignInPageStyle, SignInRequest};

use super::builders::*;
use crate::{Beginning, FlowError, FlowEvent, FlowPlan, LoginFlow, Next, StepOption, advance, next};

fn first_asks(request: SignInRequest) -> LoginFlow {
    let link_only =
        StepOption::Connection { id: connection("link"), listing: usher_domain::SignInPageListing::LinkOnly };
    let options = vec![StepOption::Password, shown("acme"), hidden("globex"), link_only];
    let like = flow_of(request, Vec::new());
    LoginFlow::begin(
        Beginning {
            id: like.id().clone(),
            correlation: like.correlation().clone(),
            request: like.request().clone(),
            protocol_request: String::new(),
            plan: FlowPlan {
                style: SignInPageStyle::IdentifierFirst,
                ..FlowPlan::one_step(1, usher_domain::AccountNeed::Any, options)
            },
        },
        start(),
    )
}

fn named(connections: &[&str]) -> FlowEvent {
    let connections: Vec<ConnectionId> = connections.iter().map(|name| connection(name)).collect();
    FlowEvent::Identified { step: step(1), typed: "ann@corp.test".to_owned(), connections }
}

fn play(flow: LoginFlow, events: Vec<FlowEvent>) -> LoginFlow {
    events.into_iter().fold(flow, |flow, event| advance(flow, event, start()).unwrap())
}

#[test]
fn the_page_asks_for_the_identifier_first() {
    assert!(matches!(next(&first_asks(request()), start()), Next::AskIdentifier(_)));
    let hinted = SignInRequest { connection_hint: Some(connection("acme")), ..request() };
    assert!(matches!(next(&first_asks(hinted), start()), Next::Depart { .. }), "a hint goes there at once");
    assert_eq!(advance(usual(), named(&["acme"]), start()), Err(FlowError::NotOffered), "the list does not ask");
}

#[test]
fn one_connection_in_charge_is_gone_to_once_a_hidden_one_too() {
    let flow = play(first_asks(request()), vec![named(&["globex"])]);
    let Next::Depart { connection: to, .. } = next(&flow, start()) else { panic!("stays") };
    assert_eq!(to, connection("globex"));
    let back = play(flow, vec![chose(1, "globex")]);
    let Next::ShowSignIn(offer) = next(&back, start()) else { panic!("a loop") };
    assert_eq!((offer.connections, offer.password), (vec![connection("globex")], false));
    assert_eq!(offer.identifier.as_deref(), Some("ann@corp.test"));
}

#[test]
fn several_are_chosen_from_and_none_leads_to_the_password() {
    let several = play(first_asks(request()), vec![named(&["acme", "globex"])]);
    let Next::ShowSignIn(offer) = next(&several, start()) else { panic!("no page") };
    assert_eq!((offer.connections.len(), offer.password), (2, false));
    let none = play(first_asks(request()), vec![named(&[])]);
    let Next::ShowSignIn(offer) = next(&none, start()) else { panic!("no page") };
    assert_eq!((offer.connections.len(), offer.password), (0, true));
    let changed = play(none, vec![FlowEvent::Restarted]);
    assert!(matches!(next(&changed, start()), Next::AskIdentifier(_)));
}

#[test]
fn link_13_a_connection_for_linking_and_a_strange_one_are_in_charge_of_nobody() {
    let flow = play(first_asks(request()), vec![named(&["link", "elsewhere"])]);
    let Next::ShowSignIn(offer) = next(&flow, start()) else { panic!("it departs") };
    assert!(offer.password && offer.connections.is_empty());
    for strange in ["link", "elsewhere"] {
        assert_eq!(advance(flow.clone(), chose(1, strange), start()), Err(FlowError::NotOffered));
    }
}
