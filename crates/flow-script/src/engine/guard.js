// Runs first, before any text of an admin. Takes away what a script does not need, stands the clock still, and puts a
// look at the clock in front of native code whose work grows with its input: the engine asks for the time only between
// its own instructions. `native` holds tick() and random(), `now` is the time of the record.
(function (native, now) {
  'use strict';
  const { defineProperty, getOwnPropertyNames, getOwnPropertyDescriptor, getPrototypeOf, freeze } = Object;
  const { apply, construct } = Reflect;
  const text = String;
  const WORK = 4000000;
  const SMALL = 512;

  const hide = function (object, name, value) {
    defineProperty(object, name, { value: value, writable: true, configurable: true, enumerable: false });
  };

  const keep = freeze({
    __proto__: null,
    Object: 1, Array: 1, String: 1, Number: 1, Boolean: 1, Symbol: 1, Math: 1, JSON: 1, Date: 1, RegExp: 1,
    Map: 1, Set: 1, WeakMap: 1, WeakSet: 1, Reflect: 1, Error: 1, EvalError: 1, RangeError: 1, ReferenceError: 1,
    SyntaxError: 1, TypeError: 1, URIError: 1, AggregateError: 1, InternalError: 1, NaN: 1, Infinity: 1, undefined: 1,
    parseInt: 1, parseFloat: 1, isNaN: 1, isFinite: 1, encodeURI: 1, encodeURIComponent: 1, decodeURI: 1,
    decodeURIComponent: 1, escape: 1, unescape: 1, globalThis: 1,
  });
  const spared = { WeakMap: WeakMap, Proxy: typeof Proxy === 'function' ? Proxy : undefined };
  for (const name of getOwnPropertyNames(globalThis)) {
    if (!(name in keep)) delete globalThis[name];
  }

  // No function from text: a script is what was checked and pinned.
  const fromText = function () {
    throw new TypeError('code from text is not available');
  };
  const makers = [
    function () {},
    function* () {},
    async function () {},
    async function* () {},
  ];
  for (const maker of makers) defineProperty(getPrototypeOf(maker), 'constructor', { value: fromText });

  const heavy = function (value) {
    return value !== null && value !== undefined && value.length > SMALL;
  };
  // A list of holes is walked to its end in one native loop.
  const LIST = 200000;
  const isList = Array.isArray;
  const spreadable = Symbol.isConcatSpreadable;
  const checkList = function (value, name) {
    if (value === null || typeof value !== 'object') return;
    const length = getOwnPropertyDescriptor(value, 'length');
    if (length === undefined || !('value' in length)) throw new TypeError(name + ' needs a list');
    if (!(length.value <= LIST)) throw new RangeError(name + ': the list is too long');
  };
  const checkConcat = function (given) {
    for (let i = 0; i < given.length; i += 1) {
      const one = given[i];
      if (isList(one)) checkList(one, 'concat');
      else if (one !== null && typeof one === 'object' && spreadable in one) throw new TypeError('concat needs lists');
    }
  };
  const arrays = Array.prototype;
  const guarded = function (holder, name) {
    const real = getOwnPropertyDescriptor(holder, name).value;
    if (typeof real !== 'function' || name === 'constructor') return;
    const wrapped = {
      [name](...given) {
        if (heavy(this) || heavy(given[0])) native.tick();
        if (holder === arrays) {
          if (name !== 'push' && name !== 'toString') checkList(this, name);
          if (name === 'concat') checkConcat(given);
        }
        return apply(real, this, given);
      },
    };
    hide(holder, name, wrapped[name]);
  };
  for (const holder of [String.prototype, Array.prototype, JSON, Object, Array, Reflect, String]) {
    for (const name of getOwnPropertyNames(holder)) {
      if (name !== 'prototype') guarded(holder, name);
    }
  }
  for (const name of ['encodeURI', 'encodeURIComponent', 'decodeURI', 'decodeURIComponent', 'escape', 'unescape']) {
    guarded(globalThis, name);
  }

  // Searching costs length times length, and cannot be interrupted.
  const search = function (name, symbol) {
    const real = String.prototype[name];
    const wrapped = {
      [name](...given) {
        if (this === null || this === undefined) throw new TypeError(name + ' needs a text');
        const own = text(this);
        const wanted = given[0];
        if (wanted !== null && typeof wanted === 'object') {
          const special = symbol && wanted[symbol];
          if (special !== null && special !== undefined) {
            if (name === 'replaceAll' && wanted instanceof RegExp && !wanted.global) {
              throw new TypeError('replaceAll needs a global expression');
            }
            given[0] = own;
            return apply(special, wanted, given);
          }
        }
        if (given.length > 0 && !(name === 'split' && wanted === undefined)) given[0] = text(wanted);
        const other = given.length > 0 ? text(given[0]) : '';
        if (own.length * other.length > WORK) throw new RangeError(name + ': the texts are too long');
        if (own.length > SMALL) native.tick();
        return apply(real, own, given);
      },
    };
    hide(String.prototype, name, wrapped[name]);
  };
  search('indexOf', null);
  search('lastIndexOf', null);
  search('includes', Symbol.match);
  search('split', Symbol.split);
  search('replace', Symbol.replace);
  search('replaceAll', Symbol.replace);

  const includes = String.prototype.includes;
  hide(String.prototype, 'includes', {
    includes(...given) {
      if (given[0] instanceof RegExp) throw new TypeError('includes does not take an expression');
      return apply(includes, this, given);
    },
  }.includes);

  const LONGEST = 32768;
  for (const name of ['exec', 'test', Symbol.match, Symbol.matchAll, Symbol.replace, Symbol.search, Symbol.split]) {
    const real = RegExp.prototype[name];
    hide(RegExp.prototype, name, {
      run(...given) {
        const subject = text(given[0]);
        if (subject.length > LONGEST) throw new RangeError('the text is too long for a regular expression');
        if (subject.length > 64) native.tick();
        given[0] = subject;
        return apply(real, this, given);
      },
    }.run);
  }

  // Reads a sparse array to its end in one native loop otherwise.
  const gather = function (name, add) {
    const Real = globalThis[name];
    const adder = Real.prototype[add];
    const Guarded = function (source) {
      if (!new.target) throw new TypeError(name + ' needs new');
      const made = construct(Real, [], new.target);
      if (source !== null && source !== undefined) {
        for (const item of source) {
          if (add === 'set') apply(adder, made, [item[0], item[1]]);
          else apply(adder, made, [item]);
        }
      }
      return made;
    };
    defineProperty(Guarded, 'name', { value: name });
    defineProperty(Guarded, 'prototype', { value: Real.prototype, writable: false });
    hide(Real.prototype, 'constructor', Guarded);
    hide(globalThis, name, Guarded);
  };
  gather('Map', 'set');
  gather('Set', 'add');
  gather('WeakMap', 'set');
  gather('WeakSet', 'add');

  // The clock stands at the begin of the sign-in, in UTC, whatever the machine says.
  const Real = Date;
  const utc = Real.UTC;
  const proto = Real.prototype;
  const show = proto.toUTCString;
  const Fixed = function (...given) {
    if (!new.target) return apply(show, new Real(now), []);
    if (given.length === 0) return construct(Real, [now], new.target);
    if (given.length === 1) return construct(Real, given, new.target);
    return construct(Real, [apply(utc, Real, given)], new.target);
  };
  defineProperty(Fixed, 'name', { value: 'Date' });
  defineProperty(Fixed, 'prototype', { value: proto, writable: false });
  hide(Fixed, 'now', function () { return now; });
  hide(Fixed, 'parse', Real.parse);
  hide(Fixed, 'UTC', utc);
  hide(proto, 'constructor', Fixed);
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
    hide(proto, 'get' + part, proto['getUTC' + part]);
    if (part !== 'Day') hide(proto, 'set' + part, proto['setUTC' + part]);
  }
  for (const name of ['toString', 'toLocaleString', 'toDateString', 'toTimeString', 'toLocaleDateString', 'toLocaleTimeString']) {
    hide(proto, name, show);
  }
  hide(proto, 'getTimezoneOffset', function () { return 0; });
  hide(globalThis, 'Date', Fixed);
  hide(Math, 'random', function () { return native.random(); });
  return spared;
})
