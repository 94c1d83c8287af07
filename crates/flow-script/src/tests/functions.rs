//! What the functions and objects say.

use super::{ann, says};
#[test]
fn the_person_is_described() {
    let _ = ann();
    assert_eq!(
        says("var u = context.steps[1].subject; Log.info(u.username, u.uniqueId, u.groups.join('+'));"),
        ["ann u1 admin+hr"]
    );
}
