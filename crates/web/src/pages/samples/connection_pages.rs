//! The console's pages about connections with sample content.

use usher_domain::{AttributeSync, NoMatch, OwnershipProof, TrustEmail};

use super::console_pages::{MakeShell, checks, facts, link, rows};
use super::{Rendered, connection_id, correlation, now, render};
use crate::forms::FormErrors;
use crate::pages::console::*;
use crate::pages::{Fact, Named, Tag, Tone};

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let mut pages = wizard(shell, name);
    pages.extend(connections(shell, name));
    pages.extend(connection(shell, name));
    pages
}

fn kind_form(name: &str) -> KindForm {
    let option = |value: &str, chosen| KindOption { value: value.to_owned(), label: name.to_owned(), chosen };
    let field = |field: &str, input| KindField {
        name: field.to_owned(),
        label: name.to_owned(),
        help: name.to_owned(),
        value: name.to_owned(),
        optional: false,
        input,
    };
    KindForm {
        usual: vec![
            field("issuer", FieldInput::Issuer),
            field("client_id", FieldInput::Line("text")),
            field("client_auth", FieldInput::Choice(vec![option("basic", true), option("post", false)])),
            field("client_secret", FieldInput::Secret { set: true, lines: true }),
        ],
        rare: vec![
            field("forward", FieldInput::Choices(vec![option("login_hint", true), option("ui_locales", false)])),
            field("note", FieldInput::Lines),
        ],
    }
}

fn wizard(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let card = |value, chosen| KindCard { value, label: name.to_owned(), hint: name.to_owned(), chosen };
    let discovered = Discovered { facts: facts(name), checks: checks(name) };
    vec![
        render(
            "console-connection-new",
            NewConnectionPage {
                shell: shell(section),
                kinds: vec![card("oidc", true), card("google", false)],
                name: name.to_owned(),
                errors: FormErrors::at("name", format!("Choose another name than {name}")),
            },
        ),
        render(
            "console-connection-values",
            WizardValuesPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                kind: "OpenID Connect".to_owned(),
                redirect_uri: redirect_uri(),
                hint: name.to_owned(),
            },
        ),
        render(
            "console-connection-details",
            WizardDetailsPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                form: kind_form(name),
                discovered: Some(discovered),
                issuer_fix: Some(IssuerFix { typed: name.to_owned(), document: "https://login.acme.test".to_owned() }),
                errors: FormErrors::at("client_id", "Enter the client ID that the provider shows"),
            },
        ),
        render(
            "console-connection-review",
            WizardReviewPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                facts: facts(name),
                checks: checks(name),
                jit: true,
                shown: true,
                errors: FormErrors::none(),
            },
        ),
    ]
}

fn redirect_uri() -> Fact {
    let value = format!("https://id.acme.test/callback/oidc/{}", connection_id());
    Fact { label: "Redirect URI".to_owned(), value }
}

fn settings_form(name: &str) -> SettingsForm {
    let endpoint = EndpointField { name: "endpoint_token", label: "Token endpoint", value: name.to_owned() };
    SettingsForm {
        kind: kind_form(name),
        secret_expires_on: "2027-01-31".to_owned(),
        endpoints: vec![endpoint],
        by_hand: true,
        trusts_all: true,
        controls: false,
        asserted_domains: name.to_owned(),
        version: 3,
    }
}

fn connections(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let row = |label: &str, status: Tag| ConnectionRow {
        id: connection_id(),
        name: Named::new(label),
        kind: "OpenID Connect".to_owned(),
        provider: "https://login.acme.test".to_owned(),
        status,
        jit: "On".to_owned(),
        expiry: Some(Tag::new("Secret ends in 12 days", Tone::Warn)),
        used_by: 1,
        sign_ins: 5120,
        refused: 102,
        last_success: Some(now()),
    };
    let rows = vec![row(name, Tag::new("Enabled", Tone::Ok)), row("Corp", Tag::new("Disabled", Tone::Neutral))];
    let page = |query: &str, rows| ConnectionsPage {
        shell: shell(Section::Connections),
        filters: ConnectionFilters { query: query.to_owned(), ..ConnectionFilters::default() },
        kinds: vec![("oidc", "OpenID Connect".to_owned())],
        rows,
        matching: 60,
        page: 2,
        pages: 3,
    };
    let mut flashed = page("", rows);
    flashed.shell.flash = Some(Flash(FlashKind::ConnectionDeleted));
    vec![
        render("console-connections", flashed),
        render("console-connections-empty", page("", vec![])),
        render("console-connections-no-match", page(name, vec![])),
    ]
}

fn head(name: &str) -> ConnectionHead {
    ConnectionHead {
        id: connection_id(),
        name: Named::new(name),
        kind: "OpenID Connect".to_owned(),
        enabled: true,
        status: Tag::new("Enabled", Tone::Ok),
    }
}

fn connection(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let mut pages = connection_forms(shell, name);
    let delete = |used_by| ConnectionDeletePage {
        shell: shell(section),
        connection: head(name),
        used_by,
        linked_accounts: 134,
        made_accounts: 100,
        version: 3,
        errors: FormErrors::none(),
    };
    let test = |result| TestSignInPage { shell: shell(section), connection: head(name), result };
    let claim = |claim: &str, attribute: Option<&str>| ClaimRow {
        name: claim.to_owned(),
        value: name.to_owned(),
        attribute: attribute.map(str::to_owned),
    };
    let claims = vec![claim("email", Some("email")), claim(name, None)];
    let (reason, fix) = (name.to_owned(), name.to_owned());
    let fails = TestResult::Fails { reason, fix, checks: checks(name), correlation: correlation() };
    let rule = |received: Option<&str>| LinkingRow {
        federated: name.to_owned(),
        local: name.to_owned(),
        received: received.map(str::to_owned),
    };
    let linking = vec![rule(Some(name)), rule(None)];
    let works = TestResult::Works { claims, checks: checks(name), linking, decision: vec![name.to_owned()] };
    pages.extend([
        render(
            "console-connection-activity",
            ConnectionActivityPage {
                shell: shell(section),
                connection: head(name),
                rows: rows(name),
                outcomes: vec![(name.to_owned(), 12)],
                linked_accounts: 134,
                used_by: vec![link(name)],
            },
        ),
        render("console-connection-delete", delete(vec![])),
        render("console-connection-delete-used", delete(vec![link(name)])),
        render("console-connection-test", test(TestResult::NotRun)),
        render("console-connection-test-works", test(works)),
        render("console-connection-test-fails", test(fails)),
    ]);
    pages
}

fn general(name: &str) -> GeneralForm {
    GeneralForm {
        name: name.to_owned(),
        button_text: name.to_owned(),
        description: name.to_owned(),
        listing: "shown".to_owned(),
        email_domains: name.to_owned(),
        version: 3,
    }
}

fn connection_forms(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let mapping = |claim: &str, attribute: &str| MappingRow {
        claim: claim.to_owned(),
        attribute: attribute.to_owned(),
        default: claim.to_owned(),
        received: name.to_owned(),
    };
    vec![
        render(
            "console-connection-general",
            ConnectionGeneralPage {
                shell: shell(section),
                connection: head(name),
                script_name: "acme_oidc".to_owned(),
                form: general(name),
                public_mail: vec!["gmail.com".to_owned()],
                used_by: vec![link(name)],
                errors: FormErrors::none(),
            },
        ),
        render(
            "console-connection-settings",
            ConnectionSettingsPage {
                shell: shell(section),
                connection: head(name),
                redirect_uri: redirect_uri(),
                form: settings_form(name),
                discovered: None,
                issuer_fix: None,
                errors: FormErrors::at("", "Somebody else changed this in the meantime."),
            },
        ),
        render(
            "console-connection-attributes",
            ConnectionAttributesPage {
                shell: shell(section),
                connection: head(name),
                form: MappingForm {
                    rows: vec![mapping("email", "email"), mapping(name, "given_name"), mapping("", "")],
                    subject: Some(name.to_owned()),
                    version: 3,
                },
                links: 134,
                known_claims: vec!["email".to_owned(), name.to_owned()],
                known_attributes: vec![("email".to_owned(), name.to_owned())],
                errors: FormErrors::at("attribute_1", "This local attribute is mapped twice"),
            },
        ),
        render("console-connection-groups", groups(shell, name)),
        render("console-connection-advanced", advanced(shell, name)),
        render("console-connection-at-risk", at_risk(shell, name)),
        render("console-connection-jit", jit(shell, name)),
        render("console-connection-jit-linking", jit_linking(shell, name)),
        render("console-connection-jit-off", jit_off(shell, name)),
    ]
}

fn groups(shell: MakeShell<'_>, name: &str) -> ConnectionGroupsPage {
    let row = |group: &str| GroupRow { external: name.to_owned(), group: group.to_owned() };
    ConnectionGroupsPage {
        shell: shell(Section::Connections),
        connection: head(name),
        form: GroupsForm {
            claim: name.to_owned(),
            rows: vec![row("g_1"), row("g_2"), row("")],
            ..GroupsForm::default()
        },
        groups: vec![("g_1".to_owned(), name.to_owned())],
        jit: false,
        errors: FormErrors::at("group_mapping", name),
    }
}

fn advanced(shell: MakeShell<'_>, name: &str) -> ConnectionAdvancedPage {
    ConnectionAdvancedPage {
        shell: shell(Section::Connections),
        connection: head(name),
        form: AdvancedForm { username_from: name.to_owned(), ..AdvancedForm::default() },
        errors: FormErrors::at("username_from", name),
    }
}

fn at_risk(shell: MakeShell<'_>, name: &str) -> ConnectionAtRiskPage {
    let row = |proof| AtRiskRow {
        href: "/console/users/u_1/profile".to_owned(),
        name: Named::new(name),
        how: name.to_owned(),
        proof,
    };
    ConnectionAtRiskPage {
        shell: shell(Section::Connections),
        connection: head(name),
        rows: vec![row(true), row(false)],
        looked_at: 200,
        first: true,
        next: Some("u_1".to_owned()),
    }
}

fn jit(shell: MakeShell<'_>, name: &str) -> ConnectionJitPage {
    ConnectionJitPage {
        shell: shell(Section::Connections),
        connection: head(name),
        form: JitForm {
            enabled: true,
            sync: AttributeSync::PreserveLocal,
            linking: false,
            no_match: NoMatch::Create,
            rules: [RuleForm::default(), RuleForm::default()],
            fallback: false,
            focus: "",
            version: 3,
        },
        choices: vec![("username".to_owned(), "User name".to_owned()), ("email".to_owned(), name.to_owned())],
        stored_on: true,
        trust: TrustEmail::VerifiedOnly,
        proof: OwnershipProof::WhenUnverified,
        accounts: 134,
        needing: vec![link(name)],
        try_it: TryIt::default(),
        errors: FormErrors::none(),
    }
}

fn jit_linking(shell: MakeShell<'_>, name: &str) -> ConnectionJitPage {
    let page = jit(shell, name);
    let rule = |local: &str| RuleForm { federated: name.to_owned(), local: local.to_owned() };
    let form = JitForm { linking: true, rules: [rule("email"), rule("")], fallback: true, ..page.form };
    let errors = FormErrors::at("rule2_local", format!("Choose the local attribute that ‘{name}’ must equal"));
    let result = TriedResult {
        outcome: "Link to an existing account".to_owned(),
        account: Some(name.to_owned()),
        lines: vec![name.to_owned()],
        mapped: vec![("email".to_owned(), name.to_owned())],
    };
    let try_it = TryIt {
        claims: name.to_owned(),
        recording: "rec_1".to_owned(),
        recorded: vec![("rec_1".to_owned(), now())],
        result: Some(result),
    };
    ConnectionJitPage { form, errors, try_it, trust: TrustEmail::All, proof: OwnershipProof::Never, ..page }
}

fn jit_off(shell: MakeShell<'_>, name: &str) -> ConnectionJitPage {
    let page = jit(shell, name);
    let errors = FormErrors::at("confirm_off", "Tick the box");
    ConnectionJitPage { form: JitForm { enabled: false, ..page.form }, needing: vec![], errors, ..page }
}
