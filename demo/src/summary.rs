//! What the demo prints when everything runs: addresses, people, and three things to try.

use crate::parties::Parties;

/// The guide for the person at the terminal.
pub fn guide(parties: &Parties) -> String {
    let Parties { usher, console, acme, shop, admin, people: [ann, bob] } = parties;
    let mut text = String::new();
    let mut line = |part: String| {
        text.push_str(&part);
        text.push('\n');
    };
    line(String::new());
    line(format!("  Demo shop   {shop}   an application that signs people in through Usher"));
    line(format!("  Usher       {usher}   the broker"));
    line(format!("  Acme        {acme}   the external identity provider"));
    line(String::new());
    for person in [ann, bob] {
        line(format!("  {:<6} {:<20} {}, has an account at Acme", person.username, person.password, person.name));
    }
    line(format!("  {:<6} {:<20} administers Usher", admin.username, admin.password));
    line(String::new());
    line("  Three things to try".to_owned());
    line(format!("  1. Open {shop}, choose Sign in, then Acme, and be {}.", ann.username));
    line("     Usher has never seen Ann; her account is made on the way back.".to_owned());
    line("  2. Sign out in the shop and sign in again: the same account is found.".to_owned());
    line(format!("     In a private window, be {} instead.", bob.username));
    line(format!("  3. Open {console} as {}: see the accounts,", admin.username));
    line("     where they came from, and what happened at each sign-in.".to_owned());
    line(String::new());
    line("  Ctrl-C stops all of it.".to_owned());
    text
}

#[cfg(test)]
mod tests {
    use super::guide;
    use crate::parties::Parties;
    use crate::ports::Ports;

    #[test]
    fn every_address_and_password_is_named() {
        let parties = Parties::at(Ports { usher: 9100, acme: 9101, shop: 9102 });
        let text = guide(&parties);
        let [ann, bob] = parties.people;
        for part in
            [&*parties.shop, &parties.console, &parties.acme, ann.password, bob.password, parties.admin.password]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
