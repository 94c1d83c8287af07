// What a script can name: built once per run, before the script's own text. Every decision is made on the other side
// of `host(operation, number, text, text)`, which takes and gives plain texts; here are only the shapes. The objects
// handed to scripts are frozen or read-only, and nothing internal is reachable from them.
(function (native, spared, opening) {
  'use strict';
  const { parse, stringify } = JSON;
  const { freeze, create, defineProperty, keys } = Object;
  const { isArray } = Array;
  const { apply } = Reflect;
  const { Proxy, WeakMap } = spared;
  const text = String;
  const start = parse(opening);
  const handles = new WeakMap();
  const rememberHandle = WeakMap.prototype.set;
  const findHandle = WeakMap.prototype.get;
  const waiting = create(null);
  const done = create(null);
  const now = { __proto__: null, step: 0, request: start.request, known: null, last: null, failed: null, acr: null };

  // Passing through a frame of ours gives the error its stack, and with it the line of the script.
  const host = function (operation, number, first, second) {
    try {
      return native.host(operation, number, first, second);
    } catch (error) {
      native.where(text(error && error.stack));
      throw error;
    }
  };
  const ask = function (operation, number, first, second) {
    return parse(host(operation, number || 0, first || '', second || ''));
  };
  const wrong = function (message) {
    host('wrong', 0, message, '');
  };
  const plain = function (value) {
    const given = stringify(value);
    return given === undefined ? 'null' : given;
  };
  const list = function (value) {
    const given = isArray(value) ? value : value === undefined || value === null ? [] : [value];
    const out = [];
    for (let i = 0; i < given.length; i += 1) defineProperty(out, i, { value: text(given[i]), enumerable: true });
    return plain(out);
  };
  const own = function (object, name, get) {
    defineProperty(object, name, { get: get, set: function () {}, enumerable: true, configurable: false });
  };

  // A read-only map: a name that is not there is null, as where these scripts come from.
  const bag = function (names, get, set) {
    return new Proxy(create(null), {
      __proto__: null,
      get: function (_, name) { return typeof name === 'string' ? get(name) : undefined; },
      set: function (_, name, value) {
        if (set && typeof name === 'string') set(name, value);
        return true;
      },
      has: function (_, name) { return typeof name === 'string' && get(name) !== null; },
      ownKeys: names,
      getOwnPropertyDescriptor: function (_, name) {
        const value = typeof name === 'string' ? get(name) : null;
        return value === null ? undefined : { value: value, enumerable: true, configurable: true, writable: true };
      },
      defineProperty: function () { return false; },
      deleteProperty: function (_, name) {
        if (set && typeof name === 'string') set(name, null);
        return true;
      },
      getPrototypeOf: function () { return null; },
      setPrototypeOf: function () { return false; },
      preventExtensions: function () { return false; },
    });
  };
  const claims = function (handle, kind) {
    const names = function () { return ask('claim_names', handle, kind); };
    const get = function (name) { return ask('claim', handle, kind, name); };
    const set = function (name, value) { host('set_claim', handle, kind, plain([name, value])); };
    return bag(names, get, kind === 'remote' ? null : set);
  };

  const makeUser = function (given) {
    if (given === null) return null;
    const view = given.view;
    const user = {};
    const members = {
      __proto__: null,
      uniqueId: view.unique_id, identifier: view.identifier, username: view.username, userName: view.username,
      userStoreDomain: view.user_store_domain, tenantDomain: view.tenant_domain, isLocal: view.is_local,
    };
    for (const name in members) {
      const value = members[name] === undefined ? null : members[name];
      own(user, name, function () {
        if (name === 'username' || name === 'userName') host('read', 0, 'username', '');
        return value;
      });
    }
    const handle = given.handle;
    own(user, 'groups', function () { return ask('groups', handle); });
    own(user, 'roles', function () { return ask('roles', handle); });
    const local = claims(handle, 'local');
    const told = claims(handle, 'told');
    const remote = claims(handle, 'remote');
    own(user, 'localClaims', function () { return local; });
    own(user, 'claims', function () { return told; });
    own(user, 'remoteClaims', function () { return remote; });
    apply(rememberHandle, handles, [user, handle]);
    return freeze(user);
  };

  const makeStep = function (number) {
    const step = {};
    const of = function (name) {
      own(step, name, function () { return done[number] ? done[number][name] : null; });
    };
    own(step, 'subject', function () { return done[number] ? done[number].subject : null; });
    of('idp');
    of('authenticator');
    of('failureReason');
    own(step, 'options', function () {
      const out = [];
      for (let i = 0; i < start.steps[number - 1].length; i += 1) {
        const option = start.steps[number - 1][i];
        defineProperty(out, i, {
          value: { idp: option.idp, authenticator: option.authenticator }, enumerable: true, writable: true, configurable: true,
        });
      }
      return out;
    });
    return freeze(step);
  };
  const steps = {};
  for (let n = 1; n <= start.steps.length; n += 1) {
    const step = makeStep(n);
    own(steps, n, function () { return step; });
  }
  freeze(steps);

  const request = {};
  const part = function (name, shape) {
    const names = function () { return keys(now.request[name]); };
    const view = bag(names, function (key) {
      host('read', 0, 'request.' + name, '');
      const wanted = name === 'headers' ? host('lower', 0, key, '') : key;
      const found = now.request[name];
      return apply(hasOwn, found, [wanted]) ? shape(found[wanted]) : null;
    });
    own(request, name, function () { return view; });
  };
  const hasOwn = Object.prototype.hasOwnProperty;
  const same = function (value) { return value; };
  part('headers', same);
  part('params', function (values) { return freeze(parse(plain(values))); });
  part('cookies', same);
  own(request, 'ip', function () {
    host('read', 0, 'request.ip', '');
    return now.request.ip;
  });
  freeze(request);

  const headers = bag(
    function () { return []; },
    function () { return null; },
    function (name, value) { host('header', 0, name, text(value)); },
  );
  const response = freeze({ headers: headers });

  const context = {};
  own(context, 'requestedAcr', function () {
    host('read', 0, 'requestedAcr', '');
    return parse(plain(start.requested_acr));
  });
  own(context, 'tenantDomain', function () { return start.tenant_domain; });
  own(context, 'serviceProviderName', function () { return start.application_name; });
  own(context, 'currentStep', function () { return now.step; });
  own(context, 'steps', function () { return steps; });
  own(context, 'lastAuthenticatedUser', function () { return now.last; });
  own(context, 'lastLoginFailedUser', function () { return now.failed; });
  own(context, 'currentKnownSubject', function () { return now.known; });
  own(context, 'request', function () { return request; });
  own(context, 'response', function () { return response; });
  defineProperty(context, 'selectedAcr', {
    get: function () { return now.acr; },
    set: function (value) {
      now.acr = value === null || value === undefined ? null : text(value);
      host('acr', 0, now.acr === null ? '' : now.acr, '');
    },
    enumerable: true,
  });
  freeze(context);

  const whom = function (value) {
    const user = value === context ? now.known : value;
    const handle = user === null || typeof user !== 'object' ? undefined : apply(findHandle, handles, [user]);
    if (handle === undefined) wrong('this function needs a user, such as context.steps[1].subject');
    return handle;
  };
  const takeCallbacks = function (value) {
    const found = { __proto__: null, flags: '' };
    if (value === null || value === undefined) return found;
    if (typeof value !== 'object') wrong('callbacks are an object such as {onSuccess: function (context) { }}');
    for (const name of ['onSuccess', 'onFail', 'onUserAbort', 'onTimeout', 'onSkip']) {
      const callback = value[name];
      if (typeof callback === 'function') {
        found[name] = callback;
        found.flags += name + ' ';
      }
    }
    return found;
  };
  const looksLikeCallbacks = function (value) {
    return value !== null && typeof value === 'object' && takeCallbacks(value).flags !== '';
  };
  const queue = function (operation, number, first, callbacks, second) {
    const frame = host(operation, number, first, plain({ flags: callbacks.flags, more: second === undefined ? null : second }));
    if (frame !== '') waiting[frame] = callbacks;
  };
  const checked = function (number) {
    if (typeof number !== 'number') wrong('executeStep needs the number of a step, not ' + (number === null ? 'null' : typeof number));
    return number;
  };
  const give = function (name, value) {
    defineProperty(globalThis, name, { value: value, writable: true, configurable: true, enumerable: false });
  };

  give('executeStep', function executeStep(number, first, second) {
    const options = arguments.length > 2 ? first : null;
    const callbacks = takeCallbacks(arguments.length > 2 ? second : first);
    queue('step', checked(number), plain(options === undefined ? null : options), callbacks);
  });
  give('prompt', function prompt(template, shown, callbacks) {
    const given = arguments.length > 2 ? callbacks : looksLikeCallbacks(shown) ? shown : null;
    queue('prompt', 0, text(template), takeCallbacks(given), given === shown ? null : shown);
  });
  give('promptIdentifierForStep', function promptIdentifierForStep(number, ...rest) {
    const last = rest.length > 0 ? rest[rest.length - 1] : null;
    const answered = looksLikeCallbacks(last);
    const template = typeof rest[0] === 'string' ? rest[0] : '';
    const shown = rest[template === '' ? 0 : 1];
    queue('identifier', checked(number), template, takeCallbacks(answered ? last : null), answered && shown === last ? null : shown);
  });
  const call = function (method, url, rest) {
    let end = rest.length;
    let callbacks = null;
    if (end > 0 && looksLikeCallbacks(rest[end - 1])) {
      end -= 1;
      callbacks = rest[end];
    }
    const more = { __proto__: null, payload: null, headers: null, auth: null };
    let at = 0;
    if (method === 'POST' && end > 0) {
      more.payload = rest[0];
      at = 1;
    }
    for (; at < end; at += 1) {
      const given = rest[at];
      if (given === null || typeof given !== 'object') continue;
      if (typeof given.type === 'string' && more.auth === null) more.auth = given;
      else if (more.headers === null) more.headers = given;
    }
    queue('http', method === 'POST' ? 1 : 0, text(url), takeCallbacks(callbacks), more);
  };
  give('httpGet', function httpGet(url, ...rest) { call('GET', url, rest); });
  give('httpPost', function httpPost(url, ...rest) { call('POST', url, rest); });

  give('sendError', function sendError(url, params) {
    host('send_error', url === null || url === undefined ? 0 : 1, text(url), plain(params === undefined ? null : params));
  });
  give('fail', function fail(params) { host('fail', 0, plain(params === undefined ? null : params), ''); });
  give('selectAcrFrom', function selectAcrFrom(given, ordered) {
    host('read', 0, 'requestedAcr', '');
    return ask('select_acr', 0, list(ordered));
  });

  const log = {};
  for (const level of ['debug', 'info', 'warn', 'error']) {
    log[level] = function (...parts) {
      let line = '';
      for (let i = 0; i < parts.length; i += 1) {
        const one = parts[i];
        line += (i > 0 ? ' ' : '') + (one !== null && typeof one === 'object' ? readable(one) : text(one));
      }
      host('log', 0, level, line);
    };
  }
  const readable = function (value) {
    try {
      return plain(value);
    } catch (error) {
      return '[object]';
    }
  };
  give('Log', freeze(log));

  const secret = function (name) { return ask('secret', 0, text(name)); };
  give('getSecretByName', function getSecretByName(name) { return secret(name); });
  give('secrets', bag(function () { return []; }, secret));

  const loaded = create(null);
  const require = function require(name) {
    const key = text(name);
    if (!(key in loaded)) {
      const module = { exports: {} };
      loaded[key] = module;
      let body;
      try {
        body = native.load(key);
      } catch (error) {
        native.where(text(error && error.stack));
        throw error;
      }
      apply(body, module.exports, [module.exports, module, require]);
    }
    return loaded[key].exports;
  };
  give('require', require);
  give('loadLocalLibrary', function loadLocalLibrary(name) { return require(name); });

  give('isMemberOfAnyOfGroups', function isMemberOfAnyOfGroups(user, groups) {
    return ask('is_member', whom(user), list(groups));
  });
  const hasRoles = function (user, roles) { return ask('has_role', whom(user), list(roles)); };
  for (const name of ['hasAnyOfTheRolesV2', 'hasAnyOfTheRoles', 'hasRole', 'isAnyOfTheRolesAssignedToUser']) {
    give(name, hasRoles);
  }
  const change = function (operation) {
    return function (user, roles) {
      host(operation, whom(user), list(roles), '');
      return true;
    };
  };
  give('assignUserRolesV2', change('assign_roles'));
  give('assignUserRoles', change('assign_roles'));
  give('removeUserRolesV2', change('remove_roles'));
  give('removeUserRoles', change('remove_roles'));

  give('getAssociatedLocalUser', function getAssociatedLocalUser(user) { return makeUser(ask('associated', whom(user))); });
  give('doAssociationWithLocalUser', function doAssociationWithLocalUser() { host('associate', 0, '', ''); });
  give('removeAssociatedLocalUser', function removeAssociatedLocalUser() { host('associate', 0, '', ''); });
  const people = function (wanted) {
    const found = ask('users', 0, plain(wanted));
    const out = [];
    for (let i = 0; i < found.length; i += 1) {
      defineProperty(out, i, { value: makeUser(found[i]), enumerable: true, writable: true, configurable: true });
    }
    return out;
  };
  give('getUsersWithClaimValues', function getUsersWithClaimValues(wanted) { return people(wanted); });
  give('getUniqueUserWithClaimValues', function getUniqueUserWithClaimValues(wanted) {
    const found = people(wanted);
    return found.length === 1 ? found[0] : null;
  });
  give('getUserSessions', function getUserSessions(user) {
    const found = ask('sessions', whom(user));
    for (let i = 0; i < found.length; i += 1) {
      const one = found[i];
      one.createdTimestamp = one.loginTime = one.created_timestamp;
      one.lastAccessTimestamp = one.lastAccessTime = one.last_access_timestamp;
      one.userAgent = one.user_agent;
      delete one.created_timestamp;
      delete one.last_access_timestamp;
      delete one.user_agent;
    }
    return found;
  });
  give('terminateUserSession', function terminateUserSession(user, id) {
    host('terminate', whom(user), text(id), '');
    return true;
  });
  give('checkSessionExistence', function checkSessionExistence() { return ask('session_exists'); });
  give('getAuthenticatedApplications', function getAuthenticatedApplications() { return ask('applications'); });
  give('checkMicrosoftEmailVerification', function checkMicrosoftEmailVerification() { return ask('microsoft'); });
  give('filterAuthenticators', function filterAuthenticators(options, excluded) {
    const unwanted = create(null);
    for (const name of parse(list(excluded))) unwanted[name] = true;
    const out = [];
    const given = isArray(options) ? options : [];
    for (let i = 0; i < given.length; i += 1) {
      const one = given[i];
      if (one && !unwanted[text(one.authenticator)]) {
        defineProperty(out, out.length, {
          value: { idp: one.idp, authenticator: one.authenticator }, enumerable: true, writable: true, configurable: true,
        });
      }
    }
    return out;
  });

  give('setCookie', function setCookie(given, name, value, options) {
    host('set_cookie', 0, text(name), plain([text(value), options === undefined ? null : options]));
  });
  give('getCookieValue', function getCookieValue(given, name) {
    const found = now.request.cookies;
    const key = text(name);
    host('read', 0, 'request.cookies', '');
    const set = ask('cookie', 0, key);
    if (set !== null) return set.value;
    return apply(hasOwn, found, [key]) ? found[key] : null;
  });
  give('sendEmail', function sendEmail(user, template, placeholders) {
    host('send_email', whom(user), text(template), plain(placeholders === undefined ? null : placeholders));
    return true;
  });
  give('getMaskedValue', function getMaskedValue(value) { return host('mask', 0, text(value), ''); });
  give('getValueFromDecodedAssertion', function getValueFromDecodedAssertion(token, name, isPayload) {
    return ask('decode', isPayload === false ? 0 : 1, text(token), text(name));
  });

  // What the engine calls. Each gives back nothing: what was queued is known on the other side.
  return {
    __proto__: null,
    begin: function (entry) { apply(entry, undefined, [context]); },
    settle: function (frame, given) {
      const how = parse(given);
      const callbacks = waiting[frame] || { __proto__: null };
      if (how.request) now.request = how.request;
      if (how.step > 0) {
        now.step = how.step;
        const subject = how.user ? makeUser(how.user) : null;
        const passed = how.passed;
        if (passed) now.last = subject;
        else now.failed = subject;
        if (passed || !done[how.step]) {
          done[how.step] = { __proto__: null, subject: subject, idp: how.idp, authenticator: how.authenticator, failureReason: how.reason };
        } else done[how.step].failureReason = how.reason;
        if (how.known) now.known = subject;
      }
      const callback = callbacks[how.callback] || callbacks[how.otherwise];
      if (callback) apply(callback, undefined, how.answer === undefined ? [context] : [context, how.answer]);
    },
  };
})
