//! Time, memory, stack and counts.

use std::time::{Duration, Instant};

use super::{broken, entry, go, program, record, says, step_of};
use crate::{ErrorKind, Limits, Outcome, run};

/// Far above the budget of 250 ms, far below what the engine would take by itself.
const PATIENCE: Duration = Duration::from_secs(20);

fn stopped(body: &str) -> ErrorKind {
    let began = Instant::now();
    let ended = go(&entry(body), &record());
    assert!(began.elapsed() < PATIENCE, "{body}: {:?}", began.elapsed());
    match ended.outcome {
        Outcome::Broken(error) => error.kind,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn script_01_endless_loops_stop_whatever_they_catch() {
    assert_eq!(step_of(&go(&entry("for (var i = 0; i < 1000; i++) { } executeStep(1);"), &record())), 1);
    for body in [
        "for (;;) {}",
        "for (;;) { try { for (;;) {} } catch (e) { } finally { continue; } }",
        "[3, 2, 1].sort(function () { for (;;) {} });",
        "'a'.replace(/a/, function () { for (;;) {} });",
        "({get a() { for (;;) {} }}).a;",
    ] {
        assert_eq!(stopped(body), ErrorKind::Time, "{body}");
    }
}

#[test]
fn script_01_native_work_is_bounded() {
    for body in [
        "var s = 'a'.repeat(400000); s.indexOf('a'.repeat(200000) + 'b'); for (;;) {}",
        "var a = []; a.length = 4294967295; a.indexOf(1); for (;;) {}",
        "var a = []; a.length = 4294967295; new Set(a); for (;;) {}",
        "[].fill.call({length: 9007199254740991}, 1); for (;;) {}",
        "var a = []; a.length = 4294967295; a.slice(); for (;;) {}",
        "var a = []; a.length = 4294967295; a.reverse(); for (;;) {}",
        "var a = []; a.length = 4294967295; a.join(); for (;;) {}",
        "[].concat({length: 9007199254740990, [Symbol.isConcatSpreadable]: true}); for (;;) {}",
        "[].reverse.call({get length() { return 9007199254740991; }}); for (;;) {}",
        "[].lastIndexOf.call({length: 9007199254740991}, 1); for (;;) {}",
        "var s = '[' + '1,'.repeat(500000) + '1]'; for (;;) { try { JSON.parse(s); } catch (e) { } }",
        "var s = 'a'.repeat(2000000); for (;;) { s.toUpperCase(); }",
    ] {
        let kind = stopped(body);
        assert!(matches!(kind, ErrorKind::Time | ErrorKind::Memory | ErrorKind::Threw), "{body}: {kind:?}");
    }
    assert_eq!(stopped("var x = 3n ** 600000n; for (;;) { x.toString(); }"), ErrorKind::Syntax);
    assert_eq!(
        says("Log.info([3, 1].concat([2], 4).sort().join(), Array.prototype.slice.call('ab').length, typeof BigInt);"),
        ["1,2,3,4 2 undefined"]
    );
}

#[test]
fn script_02_memory_bombs_meet_the_limit() {
    for body in
        ["var s = 'x'; for (;;) { s += s; }", "var a = []; for (;;) { a.push([1, 2, 3]); }", "new Array(1e9).fill(1);"]
    {
        let kind = stopped(body);
        assert!(matches!(kind, ErrorKind::Memory | ErrorKind::Time | ErrorKind::Threw), "{body}: {kind:?}");
    }
}

#[test]
fn script_03_recursion_and_deep_json_do_not_touch_the_native_stack() {
    assert_eq!(stopped("function f() { f(); } f();"), ErrorKind::Memory);
    let deep = stopped("JSON.parse('['.repeat(100000));");
    assert!(matches!(deep, ErrorKind::Memory | ErrorKind::Syntax), "{deep:?}");
}

#[test]
fn script_04_a_regular_expression_of_death_is_stopped() {
    assert_eq!(stopped("/^(a+)+$/.test('a'.repeat(40) + 'b');"), ErrorKind::Time);
    assert_eq!(
        says("Log.info(/^a+$/.test('aaa'), 'a1b2'.replace(/[0-9]/g, '-'), 'a,b'.split(/,/).length);"),
        ["true a-b- 2"]
    );
}

#[test]
fn script_15_calls_are_counted() {
    assert_eq!(step_of(&go(&entry("for (var i = 0; i < 50; i++) { executeStep(1); }"), &record())), 1);
    assert_eq!(
        stopped("for (var i = 0; i < 10000; i++) { try { executeStep(1); } catch (e) { } }"),
        ErrorKind::TooManyCalls
    );
    assert_eq!(stopped("for (;;) { try { setCookie(null, 'a', 'b'); } catch (e) { } }"), ErrorKind::TooManyCalls);
}

#[test]
fn script_24_the_clock_stands_still_and_chance_is_recorded() {
    let lines = says(
        "Log.info(Date.now(), new Date().getTime(), new Date(2020, 0, 2).toISOString(), new Date(0).getHours(),
            new Date().getTimezoneOffset(), typeof Intl);
         Log.info(Math.random() !== Math.random());",
    );
    assert_eq!(lines, ["1760000000000 1760000000000 2020-01-02T00:00:00.000Z 0 0 undefined", "true"]);
}

#[test]
fn script_25_source_tricks_are_bounded() {
    assert_eq!(broken(&go(&program(&" ".repeat(5_000_000)), &record())).kind, ErrorKind::TooLong);
    for text in ["import x from 'fs';", "export default 1;", "await 1;", "function f() {}".repeat(4_000).as_str()] {
        assert!(matches!(go(&program(text), &record()).outcome, Outcome::Broken(_)), "{text:.20}");
    }
    let narrow = Limits { memory: 300 << 10, ..Limits::default() };
    assert!(matches!(
        run(&entry("executeStep(1);"), &record(), &narrow).outcome,
        Outcome::Broken(_) | Outcome::Execute(_)
    ));
}
