//! The console's pages about people with sample content: users, groups, attributes.

use usher_domain::{AccountState, AttributeName, GroupId, LinkId, SecretText, SessionId, UserId, Verification};

use super::console_pages::{MakeShell, link};
use super::{Rendered, correlation, now, render, user_id};
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::*;

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let mut pages = users(shell, name);
    pages.extend(user(shell, name));
    pages.extend(user_forms(shell, name));
    pages.extend(user_tabs(shell, name));
    pages.extend(user_factors(shell, name));
    pages.extend(groups(shell, name));
    pages.extend(attributes(shell, name));
    pages
}

fn group_id() -> GroupId {
    GroupId::parse("gr_7b1d3f5h7j9k1m3n5p7q9r1s3t").unwrap()
}

fn users(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let row = |state| UserRow {
        id: user_id(),
        username: name.to_owned(),
        name: name.to_owned(),
        email: name.to_owned(),
        state,
        source: name.to_owned(),
        created_at: now(),
    };
    let list = |query: &str, rows, next| UsersPage {
        shell: shell(section),
        query: query.to_owned(),
        rows,
        next,
        later: false,
    };
    let rows = vec![row(AccountState::Active), row(AccountState::Disabled)];
    let given = AttributeField { name: "given_name".to_owned(), label: name.to_owned(), value: name.to_owned() };
    let form = NewUserForm { username: name.to_owned(), email: name.to_owned(), attributes: vec![given] };
    let errors = FormErrors::at("username", name);
    vec![
        render("console-users", list("", rows, Some("/console/users?after=c".to_owned()))),
        render("console-user-new", NewUserPage { shell: shell(section), form, password_characters: 12, errors }),
        render("console-users-empty", list("", vec![], None)),
        render("console-users-no-match", list(name, vec![], None)),
    ]
}

fn head(name: &str) -> UserHead {
    UserHead {
        id: user_id(),
        name: Named::new(name),
        username: name.to_owned(),
        state: AccountState::Active,
        source: "Created by JIT from Acme OIDC".to_owned(),
        created_at: now(),
        version: 3,
    }
}

fn user(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let attribute = |key: &str, verified| AttributeRow {
        name: key.to_owned(),
        label: name.to_owned(),
        values: vec![name.to_owned(), "second value".to_owned()],
        source: name.to_owned(),
        verified,
        at: now(),
        locked_by: (key == "email").then(|| name.to_owned()),
    };
    let page = |attributes, errors| UserProfilePage {
        shell: shell(Section::Users),
        user: head(name),
        subject: "3f9c0a7e".to_owned(),
        attributes,
        username: name.to_owned(),
        errors,
    };
    let attributes = vec![attribute("email", Verification::ByProvider), attribute(name, Verification::Unverified)];
    vec![
        render("console-user", page(attributes, FormErrors::at("username", name))),
        render("console-user-bare", page(vec![], FormErrors::none())),
    ]
}

fn user_forms(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let edit = |label: &str, errors| UserAttributePage {
        shell: shell(section),
        user: head(name),
        form: AttributeEditForm {
            attribute: if label.is_empty() { String::new() } else { "email".to_owned() },
            values: name.to_owned(),
            verified: true,
            version: 3,
        },
        label: label.to_owned(),
        known: vec![("email".to_owned(), "Email".to_owned()), ("nickname".to_owned(), name.to_owned())],
        locked_by: Some(name.to_owned()),
        errors,
    };
    let taken = FormErrors::at("values", "This value belongs to another account");
    let by_hand = UserLinkPage {
        shell: shell(section),
        user: head(name),
        form: LinkByHandForm { connection: "c_1".to_owned(), issuer: name.to_owned(), subject: name.to_owned() },
        connections: vec![("c_1".to_owned(), name.to_owned())],
        errors: FormErrors::at("subject", name),
    };
    let delete = UserDeletePage {
        shell: shell(section),
        user: head(name),
        errors: FormErrors::at("confirm", "Type the user name exactly as it is shown"),
    };
    vec![
        render("console-user-attribute", edit(name, taken)),
        render("console-user-attribute-new", edit("", FormErrors::none())),
        render("console-user-link", by_hand),
        render("console-user-delete", delete),
    ]
}

fn user_tabs(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let linked = |id: &str, only_way_in| LinkedAccountRow {
        id: LinkId::parse(id).unwrap(),
        connection: Named::new(name),
        issuer: "https://login.acme.test".to_owned(),
        subject: name.to_owned(),
        created_at: now(),
        last_used_at: now(),
        why: vec!["First sign-in: a new account was created.".to_owned(), name.to_owned()],
        settings_revision: Some(7),
        only_way_in,
        trace: Some(correlation()),
    };
    let links = |links, errors| UserLinkedPage { shell: shell(section), user: head(name), links, errors };
    let group = |by_hand| UserGroupRow {
        id: group_id(),
        name: name.to_owned(),
        sources: vec!["Admin".to_owned(), name.to_owned()],
        by_hand,
    };
    let groups = |rows, others| UserGroupsPage {
        shell: shell(section),
        user: head(name),
        rows,
        others,
        errors: FormErrors::none(),
    };
    let session = SessionRow {
        id: SessionId::parse("s_1a3c5e7g9h1j3k5m7n9p1q3r5s").unwrap(),
        how: name.to_owned(),
        created_at: now(),
        expires_at: now(),
    };
    let sessions = |rows| UserSessionsPage { shell: shell(section), user: head(name), rows };
    let entry = |trace| HistoryRow {
        at: now(),
        what: "Attribute changed".to_owned(),
        who: name.to_owned(),
        lines: vec![name.to_owned(), "a*** → b***".to_owned()],
        trace,
    };
    let history = |rows, next| UserHistoryPage { shell: shell(section), user: head(name), rows, next };
    let both = vec![linked("l_1", true), linked("l_2", false)];
    vec![
        render("console-user-linked", links(both, FormErrors::at("", name))),
        render("console-user-not-linked", links(vec![], FormErrors::none())),
        render("console-user-groups", groups(vec![group(true), group(false)], vec![("gr_2".into(), name.to_owned())])),
        render("console-user-no-groups", groups(vec![], vec![])),
        render("console-user-sessions", sessions(vec![session])),
        render("console-user-no-sessions", sessions(vec![])),
        render(
            "console-user-history",
            history(vec![entry(Some(correlation())), entry(None)], Some("/console/users/u_1/history?event=5".into())),
        ),
        render("console-user-no-history", history(vec![], None)),
    ]
}

fn user_factors(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let device = |last_used_at| DeviceRow {
        value: "totp:totp_1".to_owned(),
        kind: "Authenticator app".to_owned(),
        name: name.to_owned(),
        created_at: now(),
        last_used_at,
    };
    let tab = |devices, code, errors| UserFactorsPage {
        shell: shell(section),
        user: head(name),
        devices,
        recovery: Some("7 codes left".to_owned()),
        recovery_value: "recovery_code:".to_owned(),
        remembered: "2 browsers".to_owned(),
        bypass: Some((name.to_owned(), now())),
        form: BypassForm { choices: vec![(60, "1 hour".to_owned())] },
        code,
        errors,
    };
    let none = UserFactorsPage { recovery: None, bypass: None, ..tab(vec![], None, FormErrors::at("minutes", name)) };
    let code = Some(SecretText::new("AB3DE-FGH7J"));
    let both = vec![device(Some(now())), device(None)];
    let password = |link, errors| UserPasswordPage {
        shell: shell(section),
        user: head(name),
        way: InvitationWay::Hand,
        minutes: 30,
        link,
        errors,
    };
    let link = Some(SecretText::new("https://id.corp.test/setup/t0ken"));
    vec![
        render("console-user-factors", tab(both, None, FormErrors::none())),
        render("console-user-no-factors", none),
        render("console-user-bypass", tab(vec![], code, FormErrors::none())),
        render("console-user-password", password(None, FormErrors::at("", name))),
        render("console-user-password-link", password(link, FormErrors::none())),
    ]
}

fn groups(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Groups;
    let row = GroupListRow {
        id: group_id(),
        name: name.to_owned(),
        description: name.to_owned(),
        members: 3,
        fed_by: name.to_owned(),
    };
    let list = |query: &str, rows| GroupsPage { shell: shell(section), query: query.to_owned(), rows };
    let form = || GroupForm { name: name.to_owned(), description: name.to_owned(), version: 2 };
    let member = |id: &str, by_hand| MemberRow {
        user: UserId::parse(id).unwrap(),
        username: name.to_owned(),
        sources: vec![name.to_owned()],
        by_hand,
    };
    let page = |members, errors| GroupPage {
        shell: shell(section),
        id: group_id(),
        name: name.to_owned(),
        form: form(),
        members,
        count: 2,
        username: String::new(),
        fed_by: vec![link(name)],
        next: Some("/console/groups/gr_1?after=u_1".to_owned()),
        errors,
    };
    let delete = GroupDeletePage {
        shell: shell(section),
        id: group_id(),
        name: name.to_owned(),
        members: 2,
        fed_by: vec![link(name)],
        errors: FormErrors::at("confirm", "Type the name exactly as it is shown"),
    };
    let new = NewGroupPage { shell: shell(section), form: form(), errors: FormErrors::at("name", name) };
    let people = vec![member("u_1", true), member("u_2", false)];
    vec![
        render("console-groups", list("", vec![row])),
        render("console-groups-empty", list("", vec![])),
        render("console-groups-no-match", list(name, vec![])),
        render("console-group-new", new),
        render("console-group", page(people, FormErrors::at("username", "There is no user with this name"))),
        render("console-group-bare", page(vec![], FormErrors::none())),
        render("console-group-delete", delete),
    ]
}

fn attributes(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Attributes;
    let employee = || AttributeName::parse("employee_number").unwrap();
    let row = |unique| SchemaRow {
        name: employee(),
        label: name.to_owned(),
        unique,
        writers: "Connections and admins".to_owned(),
        built_in: !unique,
    };
    let form = SchemaForm {
        name: name.to_owned(),
        label: name.to_owned(),
        unique: true,
        writers: "admins_only".to_owned(),
        version: 5,
    };
    let page = |attribute: Option<AttributeName>, clashes, errors| AttributePage {
        shell: shell(section),
        built_in: attribute == Some(AttributeName::email()),
        name: attribute,
        form: form.clone(),
        clashes,
        errors,
    };
    let clash = ClashRow { value: name.to_owned(), accounts: vec![link(name), link(name)] };
    let clashing = FormErrors::at("unique", "Several accounts hold the same value; they are listed below");
    let delete = AttributeDeletePage {
        shell: shell(section),
        name: employee(),
        label: name.to_owned(),
        errors: FormErrors::at("confirm", "Type the name exactly as it is shown"),
    };
    vec![
        render("console-attributes", AttributesPage { shell: shell(section), rows: vec![row(true), row(false)] }),
        render("console-attribute-new", page(None, vec![], FormErrors::at("name", name))),
        render("console-attribute-clashes", page(Some(employee()), vec![clash], clashing)),
        render("console-attribute-email", page(Some(AttributeName::email()), vec![], FormErrors::none())),
        render("console-attribute-delete", delete),
    ]
}
