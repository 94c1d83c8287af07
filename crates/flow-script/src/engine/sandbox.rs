//! A fresh engine for one run: only the intrinsics that scripts need, limits on memory, stack and time, no loader.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::context::intrinsic::{Date, Eval, Json, MapSet, Promise, Proxy, RegExp, RegExpCompiler};
use rquickjs::function::Func;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Exception, Function, Object, Runtime, Value};

use super::host::{Call, Halt, Host};
use super::watch::Watch;
use crate::{ErrorKind, Limits, ScriptError};

type Intrinsics = (Date, Eval, RegExpCompiler, RegExp, Json, Proxy, MapSet, Promise);

/// The name that the script's own text has in stacks.
pub(super) const SCRIPT: &str = "script";
const OURS: &str = "usher";

pub(super) type Shared = Rc<RefCell<Host>>;

/// Runs `work` in a fresh context.
pub(super) fn in_context<T>(
    limits: &Limits,
    watch: &Rc<Watch>,
    work: impl FnOnce(&Ctx<'_>) -> Result<T, ScriptError>,
) -> Result<T, ScriptError> {
    let crashed = |_| broken(ErrorKind::Crashed, "the script engine did not start");
    let runtime = Runtime::new().map_err(crashed)?;
    runtime.set_memory_limit(limits.memory);
    runtime.set_max_stack_size(limits.stack);
    let watching = Rc::clone(watch);
    runtime.set_interrupt_handler(Some(Box::new(move || watching.must_stop())));
    let context = Context::custom::<Intrinsics>(&runtime).map_err(crashed)?;
    context.with(|ctx| work(&ctx))
}

pub(super) fn broken(kind: ErrorKind, message: impl Into<String>) -> ScriptError {
    ScriptError { kind, message: message.into(), line: None, column: None }
}

/// Evaluates a text as a script of its own, in sloppy mode, as these scripts were written for.
pub(super) fn evaluate<'js, T: rquickjs::FromJs<'js>>(
    ctx: &Ctx<'js>,
    source: &str,
    name: &str,
) -> Result<T, ScriptError> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options).catch(ctx).map_err(|caught| explain(&caught))
}

/// Installs the guard and the functions; gives the object that the engine calls back on.
pub(super) fn install<'js>(
    ctx: &Ctx<'js>,
    host: &Shared,
    started_at_ms: i64,
    opening: &str,
) -> Result<Object<'js>, ScriptError> {
    let native = natives(ctx, host).catch(ctx).map_err(|caught| explain(&caught))?;
    let guard: Function<'js> = evaluate(ctx, include_str!("guard.js"), OURS)?;
    let api: Function<'js> = evaluate(ctx, include_str!("api.js"), OURS)?;
    #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other number; exact for 280 thousand years")]
    let now = started_at_ms as f64;
    let spared: Value<'js> = guard.call((native.clone(), now)).catch(ctx).map_err(|caught| explain(&caught))?;
    api.call((native, spared, opening)).catch(ctx).map_err(|caught| explain(&caught))
}

fn natives<'js>(ctx: &Ctx<'js>, host: &Shared) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set_prototype(None)?;
    let here = Rc::clone(host);
    let answer = move |ctx: Ctx<'js>, operation: String, number: f64, first: String, second: String| {
        let answer = here.borrow_mut().answer(&operation, &Call { number, first: &first, second: &second });
        answer.map_err(|message| Exception::throw_type(&ctx, &message))
    };
    native.set("host", Func::new(answer))?;
    let here = Rc::clone(host);
    native.set("random", Func::new(move || here.borrow_mut().random()))?;
    let here = Rc::clone(host);
    let tick = move |ctx: Ctx<'js>| {
        let inside = here.borrow().tick();
        inside.map_err(|message| Exception::throw_range(&ctx, &message))
    };
    native.set("tick", Func::new(tick))?;
    let here = Rc::clone(host);
    native.set("where", Func::new(move |stack: String| here.borrow_mut().note_place(&stack)))?;
    let here = Rc::clone(host);
    let load = move |ctx: Ctx<'js>, name: String| -> rquickjs::Result<Value<'js>> {
        let source = here.borrow_mut().library(&name).map_err(|message| Exception::throw_type(&ctx, &message))?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(format!("library {name}"));
        ctx.eval_with_options(source, options)
    };
    native.set("load", Func::new(load))?;
    Ok(native)
}

/// An exception in words, with the line of the script where the stack names one.
pub(super) fn explain(caught: &CaughtError<'_>) -> ScriptError {
    match caught {
        CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let name = exception.as_object().get::<_, String>("name").unwrap_or_default();
            let stack = exception.stack().unwrap_or_default();
            let place = super::place_in(&stack);
            let kind = kind_of(&name, &message);
            let message = if name.is_empty() || name == "Error" { message } else { format!("{name}: {message}") };
            ScriptError { kind, message, line: place.map(|place| place.0), column: place.map(|place| place.1) }
        }
        CaughtError::Value(value) if value.is_null() => broken(ErrorKind::Memory, "the script used too much memory"),
        CaughtError::Value(value) => {
            let said = value.as_string().and_then(|text| text.to_string().ok());
            broken(ErrorKind::Threw, said.unwrap_or_else(|| format!("threw a value of type {}", value.type_name())))
        }
        CaughtError::Error(error) => broken(ErrorKind::Crashed, error.to_string()),
    }
}

fn kind_of(name: &str, message: &str) -> ErrorKind {
    if message.contains("out of memory")
        || message.contains("stack size exceeded")
        || message.contains("stack overflow")
    {
        ErrorKind::Memory
    } else if name == "SyntaxError" {
        ErrorKind::Syntax
    } else {
        ErrorKind::Threw
    }
}

/// What a halt of the host means for the run, and everything else that ended it.
pub(super) fn error_of(halt: &Halt) -> Option<ScriptError> {
    match halt {
        Halt::Broken(kind, message) => Some(broken(*kind, message.clone())),
        Halt::Need(_) => None,
    }
}
