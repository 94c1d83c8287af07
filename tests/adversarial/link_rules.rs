//! LINK cases of linking rules: which account an identity may reach, and which it never reaches.

use serde_json::{Value, json};

use super::linking::{Company, linking, with};
use crate::support::{Application, Idp, Landing, Setup, Watch};

/// An address that the provider does not vouch for opens nothing; where no proof is offered, it is refused.
#[tokio::test]
async fn link_06_unverified_mail() {
    let company = Company::new(|idp| with(linking(idp), json!({ "prove_ownership": "never" }))).await;
    company.links("carol").await;
    for (n, verified) in
        [json!(false), json!(null), json!("true"), json!(1), json!([true]), json!("")].iter().enumerate()
    {
        let claims = json!({ "sub": format!("m-{n}"), "email": "dave@corp.test", "email_verified": verified });
        company.refuses(claims, "link_refused").await;
    }
    company.refuses(json!({ "sub": "m-9", "email": "dave@corp.test" }), "link_refused").await;
    assert_eq!(company.usher.database.links_of("dave").await, 0);
}

/// By default the proof is offered instead, and until it is given nothing has happened.
#[tokio::test]
async fn link_06_unverified_mail_asks_for_proof() {
    let company = Company::new(linking).await;
    company.links("carol").await;
    let watch = Watch::start(&company.usher).await;
    company.claim(json!({ "sub": "m-1", "email": "dave@corp.test", "email_verified": false }));
    let (_, landing) = company.usher.arrive(&mut company.usher.browser(), &company.shop, "acme").await;
    let page = landing.page();
    assert_eq!((page.status(), page.error_code()), (200, None), "{page}");
    assert!(!page.answer.body.contains("dave@corp.test") || !page.answer.body.contains("Dave"), "names the account");
    watch.nothing_happened().await;
}

/// Somebody registered the address before its owner came, and nobody ever verified it.
#[tokio::test]
async fn link_01_pre_registered_address() {
    let squat = json!({ "username": "mallory", "password": "a good long secret", "email": "erin@corp.test" });
    let entry = |idp: &Idp| with(linking(idp), json!({ "prove_ownership": "never" }));
    let company = Company::with(Setup::new().user(squat), entry).await;
    company.links("carol").await;
    let erin = json!({ "sub": "erin-1", "email": "erin@corp.test", "email_verified": true });
    company.refuses(erin, "link_refused").await;
    assert_eq!(company.usher.database.links_of("mallory").await, 0);
}

/// Addresses are equal in the case of their domain only; by setting, in the ASCII case of their local part.
#[tokio::test]
async fn link_16_mail_normalisation() {
    let entry = |idp: &Idp| with(linking(idp), json!({ "on_failure": "continue_unlinked" }));
    let company = Company::with(Setup::new().person("kasi", "a good long secret"), entry).await;
    let strangers = [
        "KASI@corp.test",
        "\u{212a}asi@corp.test",
        "ka\u{17f}i@corp.test",
        "kas\u{131}@corp.test",
        "kas\u{456}@corp.test",
        "ｋasi@corp.test",
        "ka\u{200d}si@corp.test",
        "kasi\u{0}@corp.test",
        "kasi+1@corp.test",
        "k.asi@corp.test",
        "kasi@corp.test.",
        " kasi@corp.test",
        "kasi@corp.test\n",
        "kasi@xn--corp-.test",
        "kasi@ｃorp.test",
        "kasi@corp.test@evil.test",
        "\"kasi\"@corp.test",
        "kasi@evil.test,kasi@corp.test",
    ];
    for (n, address) in strangers.iter().enumerate() {
        let claims = json!({ "sub": format!("k-{n}"), "email": address, "email_verified": true });
        company.never_reaches("kasi", claims).await;
    }
    let claims = json!({ "sub": "kasi-1", "email": "kasi@CORP.Test", "email_verified": true });
    assert_eq!(company.comes_in_as(claims).await, company.usher.database.subject("kasi").await);
}

/// With the local part compared without case, ASCII case is all that is folded.
#[tokio::test]
async fn link_16_local_part_without_case() {
    let entry = |idp: &Idp| {
        let rules = json!({ "linking": { "local_part": "ignore_case" }, "on_failure": "continue_unlinked" });
        with(linking(idp), rules)
    };
    let company = Company::with(Setup::new().person("kasi", "a good long secret"), entry).await;
    for (n, address) in ["\u{212a}asi@corp.test", "ka\u{17f}i@corp.test", "kas\u{131}@corp.test"].iter().enumerate() {
        let claims = json!({ "sub": format!("k-{n}"), "email": address, "email_verified": true });
        company.never_reaches("kasi", claims).await;
    }
    let claims = json!({ "sub": "kasi-1", "email": "KASI@CORP.TEST", "email_verified": true });
    assert_eq!(company.comes_in_as(claims).await, company.usher.database.subject("kasi").await);
}

/// Two accounts carry the compared address: nobody is chosen, nobody is made.
#[tokio::test]
async fn link_21_ambiguous() {
    let both = |name: &str| json!({ "username": name, "email": "desk@corp.test" });
    let company = Company::with(Setup::new().user(both("ann")).user(both("anne")), linking).await;
    company.links("carol").await;
    let claims = json!({ "sub": "desk-1", "email": "desk@corp.test", "email_verified": true });
    company.refuses(claims, "link_ambiguous").await;
}

/// An attribute that two accounts may share is no ground for a rule: the server does not start on one.
#[tokio::test]
async fn link_21_rule_on_a_shared_attribute() {
    let idp = Idp::start().await;
    let rule = json!({ "linking": { "rules": [{ "federated": "phone", "local": "phone_number" }] } });
    let usher =
        Setup::new().unique_attribute("phone_number", "Phone").idp_with(&idp, with(linking(&idp), rule.clone()));
    usher.start().await;
    let said = Setup::new().idp_with(&idp, with(linking(&idp), rule)).does_not_start().await;
    assert!(said.contains("phone_number") && said.contains("unique"), "{said}");
}

/// Nothing equals nothing: an empty or missing value finds nobody, whoever has none either.
#[tokio::test]
async fn link_22_empty_match() {
    let rules = json!({ "linking": { "rules": [{ "federated": "employee_id", "local": "employee_number" }] } });
    let setup = Setup::new()
        .unique_attribute("employee_number", "Employee number")
        .user(json!({ "username": "blank", "attributes": { "employee_number": "" } }))
        .user(json!({ "username": "space", "attributes": { "employee_number": " " } }))
        .user(json!({ "username": "hired", "attributes": { "employee_number": "E1" } }));
    let company = Company::with(setup, |idp| with(linking(idp), rules)).await;
    let empty = [json!(""), json!(" "), json!(null), json!([]), json!([""]), json!({}), json!(false), json!([null])];
    for (n, value) in empty.into_iter().enumerate() {
        for name in ["blank", "space", "hired", "carol"] {
            company.never_reaches(name, json!({ "sub": format!("e-{n}"), "employee_id": value })).await;
        }
    }
    for (n, value) in ["e1", "E1 ", "E\u{200b}1", "\u{ff25}1", "E01"].into_iter().enumerate() {
        company.never_reaches("hired", json!({ "sub": format!("x-{n}"), "employee_id": value })).await;
    }
    let hired = company.comes_in_as(json!({ "sub": "hired-1", "employee_id": "E1" })).await;
    assert_eq!(hired, company.usher.database.subject("hired").await);
}

/// Nobody found and none to be made: not one row about the person, and where an account is needed the page of a
/// refused account.
#[tokio::test]
async fn link_24_skip_provisioning() {
    let skip = |idp: &Idp| with(linking(idp), json!({ "linking": { "skip_when_no_match": true } }));
    let payroll = Application::web("payroll").with("local_account_required", json!(true));
    let globex = Idp::start().await;
    let off = with(globex.connection("globex"), json!({ "jit": false }));
    let company = Company::with(Setup::new().app(&payroll).idp_with(&globex, off), skip).await;
    company.links("carol").await;
    let before = company.usher.database.rows().await;
    let visitor = json!({ "sub": "v-1", "email": "visitor@corp.test", "email_verified": true });
    company.comes_in_as(visitor.clone()).await;
    let after = company.usher.database.rows().await;
    assert_eq!((after.users, after.links), (before.users, before.links));
    assert!(!company.usher.files_hold("visitor@corp.test"), "the address was written down");

    company.claim(visitor);
    let watch = Watch::start(&company.usher).await;
    let (_, landing) = company.usher.arrive(&mut company.usher.browser(), &payroll, "acme").await;
    let Landing::Page(page) = landing else { panic!("came in") };
    let said = page.text("h1");
    watch.refused_as("no_account", Landing::Page(page)).await;
    let (_, refused) = company.usher.arrive(&mut company.usher.browser(), &payroll, "globex").await;
    let refused = refused.page();
    assert_eq!(refused.text("h1"), said, "the same page, whatever the reason");
}

/// A match on a disabled account stops: neither is it opened nor is a fresh one made beside it.
#[tokio::test]
async fn link_25_disabled_match() {
    let company = Company::new(linking).await;
    company.links("carol").await;
    company.usher.database.execute("UPDATE users SET state = 'disabled' WHERE username = 'dave'").await;
    let dave = json!({ "sub": "dave-1", "email": "dave@corp.test", "email_verified": true });
    company.refuses(dave, "link_refused").await;
}

/// The address of somebody who is linked already, under a new subject: recycled, and no key to the old account.
#[tokio::test]
async fn link_28_recycled_address_with_linking() {
    for prove in ["never", "when_unverified"] {
        let company = Company::new(|idp| with(linking(idp), json!({ "prove_ownership": prove }))).await;
        company.links("carol").await;
        let heir = json!({ "sub": "carol-2", "email": "carol@corp.test", "email_verified": true });
        company.refuses(heir, "link_refused").await;
        assert_eq!(company.usher.database.links_of("carol").await, 1);
    }
}

/// Two providers assert one verified address at once, and both link: one account, two links, nobody left out.
#[tokio::test]
async fn link_26_two_providers_link_at_once() {
    let (acme, globex, shop) = (Idp::start().await, Idp::start().await, Application::web("shop"));
    let entry = |idp: &Idp, id: &str| with(linking(idp), json!({ "id": id, "name": id }));
    let setup = Setup::new().idp_with(&acme, entry(&acme, "acme")).idp_with(&globex, entry(&globex, "globex"));
    let usher = setup.app(&shop).on_postgres().await.start().await;
    let mut held = Vec::new();
    for n in 0..20 {
        let (idp, name) = if n % 2 == 0 { (&acme, "acme") } else { (&globex, "globex") };
        idp.claims(|person| {
            *person = json!({ "sub": "ann", "email": "ann@corp.test", "email_verified": true });
        });
        let mut browser = usher.browser();
        let (request, callback) = usher.callback(&mut browser, &shop, name).await;
        held.push((browser, request, callback));
    }
    let arrivals = held.into_iter().map(|(mut browser, request, callback)| async move {
        let landing = browser.open(&callback).await;
        assert!(!browser.history.iter().any(|visit| visit.answer.status >= 500), "a server error");
        (request, landing)
    });
    let mut subjects = std::collections::BTreeSet::new();
    for (request, landing) in futures_util::future::join_all(arrivals).await {
        subjects.insert(usher.finish(&shop, request, landing).await.tokens.sub().to_owned());
    }
    let rows = usher.database.rows().await;
    assert_eq!((rows.users, rows.links, subjects.len()), (1, 2, 1), "{subjects:?}");
}

/// A provider vouches for nobody on domains that it may not assert.
#[tokio::test]
async fn link_29_foreign_domain() {
    let entry =
        |idp: &Idp| with(linking(idp), json!({ "asserted_domains": ["partner.test"], "prove_ownership": "never" }));
    let setup = Setup::new().user(json!({ "username": "pat", "email": "pat@partner.test", "email_verified": true }));
    let company = Company::with(setup, entry).await;
    for (n, address) in ["carol@corp.test", "carol@CORP.test"].into_iter().enumerate() {
        let claims = json!({ "sub": format!("f-{n}"), "email": address, "email_verified": true });
        company.refuses(claims, "link_refused").await;
    }
    for (n, address) in ["pat@sub.partner.test", "pat@partner.test.evil.test"].into_iter().enumerate() {
        let claims = json!({ "sub": format!("g-{n}"), "email": address, "email_verified": true });
        company.never_reaches("pat", claims).await;
    }
    let pat = company.comes_in_as(json!({ "sub": "pat-1", "email": "pat@Partner.test", "email_verified": true })).await;
    assert_eq!(pat, company.usher.database.subject("pat").await);
}

/// Groups named like a role, or like the console, are groups and nothing else.
#[tokio::test]
async fn link_31_group_to_console_role() {
    let entry = |idp: &Idp| with(linking(idp), json!({ "groups": { "unmapped": "created_by_name" } }));
    let company = Company::with(Setup::new().admin("root", "a good long secret"), entry).await;
    company.links("carol").await;
    let roles = company.usher.database.count("SELECT count(*) FROM roles").await;
    let named = json!(["owner", "Owner", "admin", "Administrators", "usher-console", "role:owner"]);
    company.comes_in_as(json!({ "sub": "g-1", "preferred_username": "gil", "groups": named, "role": "owner" })).await;
    let held = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.username = 'gil'";
    assert_eq!(company.usher.database.count(held).await, 6, "they are groups here");
    assert_eq!(company.usher.database.count("SELECT count(*) FROM roles").await, roles);
    let mut browser = company.usher.browser();
    let Landing::Page(page) = browser.open(company.usher.url("/console")).await else { panic!("left") };
    let Landing::Page(page) = browser.click(&page, "/go/acme").await else { panic!("left") };
    assert!((400..500).contains(&page.status()), "into the console: {page}");
}

/// Override all over a linked account: what an admin protected stays, and so does what names the account.
#[tokio::test]
async fn link_19_protected_by_an_admin() {
    let entry = |idp: &Idp| {
        let mut entry = with(linking(idp), json!({ "attribute_sync": "override_all" }));
        for name in ["clearance", "department", "username", "is_admin", "email_verified"] {
            entry["mapping"][name] = json!(name);
        }
        entry
    };
    let held = json!({ "clearance": "none", "department": "Tax" });
    let setup = Setup::new()
        .attribute(json!({ "name": "clearance", "writers": "admins_only" }))
        .user(json!({ "username": "frank", "email": "frank@corp.test", "email_verified": true, "attributes": held }));
    let company = Company::with(setup, entry).await;
    let claims = json!({ "sub": "frank-1", "email": "frank@corp.test", "email_verified": true, "clearance": "secret",
        "department": "Board", "username": "root", "is_admin": true });
    for _ in 0..2 {
        let frank = company.comes_in_as(claims.clone()).await;
        assert_eq!(frank, company.usher.database.subject("frank").await);
    }
    let stored: Value = company.usher.database.attributes("frank").await;
    assert_eq!(company.usher.database.attribute("frank", "department").await, "Board", "the twin is written");
    assert_eq!(company.usher.database.attribute("frank", "clearance").await, "none");
    assert!(stored.get("is_admin").is_none() && stored.get("username").is_none(), "{stored}");
}
