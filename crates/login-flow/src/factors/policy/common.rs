//! The commonest passwords, as what they are made of: a few words, written plainly or with digits for letters, alone,
//! doubled or side by side, with digits and signs around them. That covers most of the long tail of every published list
//! without carrying one.

/// Words that passwords are made of all over the world, as plain letters, longest first where one begins another.
const WORDS: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "pass",
    "kennwort",
    "geheim",
    "secret",
    "private",
    "welcome",
    "willkommen",
    "letmein",
    "changeme",
    "default",
    "login",
    "logon",
    "signin",
    "access",
    "administrator",
    "admin",
    "root",
    "user",
    "guest",
    "test",
    "testing",
    "demo",
    "master",
    "manager",
    "system",
    "server",
    "computer",
    "internet",
    "hello",
    "hallo",
    "iloveyou",
    "loveyou",
    "iloveu",
    "love",
    "princess",
    "prinzessin",
    "sunshine",
    "monkey",
    "dragon",
    "football",
    "fussball",
    "baseball",
    "basketball",
    "hockey",
    "soccer",
    "superman",
    "batman",
    "spiderman",
    "starwars",
    "pokemon",
    "shadow",
    "michael",
    "jordan",
    "jennifer",
    "jessica",
    "charlie",
    "daniel",
    "thomas",
    "andrea",
    "ashley",
    "michelle",
    "trustno",
    "whatever",
    "freedom",
    "flower",
    "summer",
    "sommer",
    "winter",
    "spring",
    "autumn",
    "herbst",
    "fruehling",
    "monday",
    "montag",
    "friday",
    "freitag",
    "january",
    "januar",
    "february",
    "februar",
    "march",
    "april",
    "june",
    "juni",
    "july",
    "juli",
    "august",
    "september",
    "october",
    "oktober",
    "november",
    "december",
    "dezember",
    "schatz",
    "schalke",
    "qwerty",
    "qwertz",
    "asdfgh",
    "asdf",
    "zxcvbn",
    "yxcvbn",
    "qazwsx",
    "abcdef",
    "abc",
    "mynoob",
    "google",
    "facebook",
    "linkedin",
    "samsung",
    "microsoft",
    "windows",
    "linux",
    "cheese",
    "chocolate",
    "cookie",
    "butterfly",
    "liverpool",
    "chelsea",
    "arsenal",
    "barcelona",
    "juventus",
    "killer",
    "ninja",
    "matrix",
    "mustang",
    "ferrari",
    "porsche",
    "mercedes",
    "company",
    "office",
    "work",
    "home",
    "new",
    "my",
    "is",
    "the",
    "and",
    "for",
    "me",
    "you",
    "super",
    "top",
    "best",
];

/// Digits and signs read as the letters they stand for; everything else as it is.
pub(super) fn plain_letters(lower: &str) -> String {
    lower
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            other => other,
        })
        .collect()
}

/// Whether nothing is in it but common words and decoration.
pub(super) fn is_common(lower: &str) -> bool {
    // Decoration first ("password2024!"), then letters inside ("p4ssw0rd"): both orders, since "1" is either.
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let readings = [plain_letters(&bare(lower)), bare(&plain_letters(lower)), bare(lower)];
    readings.iter().any(|reading| {
        let letters: String = reading.chars().filter(|c| c.is_alphabetic()).collect();
        is_made_of_words(&letters)
    }) || is_short_number(lower)
}

/// A date or a telephone number, whatever parts its digits.
fn is_short_number(lower: &str) -> bool {
    const LONGEST: usize = 13;
    lower.len() <= LONGEST && lower.chars().all(|c| c.is_ascii() && !c.is_alphabetic())
}

/// Whether words side by side fill the text: reachable ends, left to right.
fn is_made_of_words(letters: &str) -> bool {
    // At most three: five words in a row are a passphrase, not a habit.
    let mut ends = std::collections::BTreeSet::from([0]);
    for _ in 0..3 {
        ends = ends
            .iter()
            .filter_map(|at| letters.get(*at..))
            .flat_map(|rest| {
                WORDS
                    .iter()
                    .filter(move |word| rest.starts_with(**word))
                    .map(move |word| letters.len() - rest.len() + word.len())
            })
            .collect();
        if ends.contains(&letters.len()) {
            return true;
        }
    }
    false
}
