# Console: texts that code chooses. The fixed words of its pages stand in the templates.

nav-home = Home
nav-sign-ins = Sign-in log
nav-applications = Applications
nav-connections = Connections
nav-users = Users
nav-groups = Groups
nav-attributes = Attributes
nav-flow = Sign-in flow
nav-settings = Settings

tab-general = General
tab-settings = Settings
tab-attributes = Attributes
tab-groups = Groups
tab-jit = Just-in-Time Provisioning
tab-advanced = Advanced
tab-activity = Activity
tab-profile = Profile
tab-linked = Linked accounts
tab-sessions = Sessions
tab-factors = MFA devices
factor-password = Password
factor-passkey = Passkey
factor-totp = Authenticator app
factor-email-otp = Code by e-mail
factor-recovery-code = Recovery code
recovery-codes-left =
    { $number ->
        [one] One code left
       *[other] { $number } codes left
    }
browsers-remembered =
    { $number ->
        [0] No browser is remembered.
        [one] One browser is remembered.
       *[other] { $number } browsers are remembered.
    }
minutes-number =
    { $number ->
        [one] 1 minute
       *[other] { $number } minutes
    }
hours-number =
    { $number ->
        [one] 1 hour
       *[other] { $number } hours
    }
reset-link-life =
    { $minutes ->
        [one] It works once, within one minute.
       *[other] It works once, within { $minutes } minutes.
    }
reset-by-mail = The link goes to the verified address of the account.
reset-by-hand = No mail can be sent to this person: the link is shown to you once.
reset-by-owner = No mail reaches this person. Ask an owner: they get a link that they hand over.
limit-helpdesk = You help people who cannot get in. Everything else is for others to change.
limit-auditor = You may look at everything. Changing it is for others, and what belongs to people is masked.
tab-history = History
tab-sign-in = Sign-in
tab-claims = User attributes

wizard-kind = Type
wizard-values = Values to copy
wizard-details = Details
wizard-review = Review

new-user-password-hint = At least { $characters } characters. Without one the person signs in through a connection only.

status-enabled = Enabled
status-disabled = Disabled
status-hidden = Hidden
status-link-only = For linking only
status-active = Active
result-finished = Signed in
result-refused = Refused
result-open = Not finished
check-passed = passed
check-failed = failed
check-skipped = not checked
checked-status = The provider answers
checked-json = Its answer is readable
checked-issuer = Issuer
checked-endpoints = Its addresses are complete and safe
checked-no-duplicates = No parameter twice
checked-no-error = No error from the provider
checked-state = State: the answer belongs to this browser
checked-response-type = Nothing but a code
checked-code = Code
checked-issuer-parameter = Issuer of the answer
checked-token-response = Answer of the token endpoint
checked-content-type = Kind of its answer
checked-token-type = Token type
checked-access-token = Access token
checked-id-token = ID token
checked-structure = Structure of the ID token
checked-claims = Claims
checked-algorithm = Algorithm
checked-type = Type of the token
checked-extensions = No unknown extensions
checked-key = Key of the provider
checked-signature = Signature
checked-audience = Audience: meant for us
checked-authorized-party = Authorized party
checked-nonce = Nonce: the answer to this request
checked-expiry = Not expired
checked-issued-at = Time of issue
checked-not-before = Valid already
checked-auth-time = Time of the sign-in there
checked-subject = Subject
checked-at-hash = Access token belongs to the ID token
checked-userinfo-status = Userinfo answers
checked-userinfo-content-type = Kind of the userinfo answer
checked-userinfo-json = Userinfo is readable
checked-userinfo-subject = Userinfo is about the same person
client-auth-basic = Secret in the header
client-auth-post = Secret in the body
client-auth-private-key-jwt = Private key (JWT)
client-auth-none = None (public client)
kind-oidc = OpenID Connect
kind-google = Google
kind-microsoft = Microsoft
kind-github = GitHub
kind-gitlab = GitLab
kind-apple = Apple
kind-facebook = Facebook
kind-linkedin = LinkedIn
kind-okta = Okta
kind-oauth2 = OAuth 2.0
kind-hint-oidc = Any provider with a discovery document: Keycloak, Auth0, another Usher.
kind-hint-google = Google accounts and Google Workspace.
kind-hint-microsoft = Entra ID (work and school) and personal Microsoft accounts.
kind-hint-github = GitHub accounts, by their primary verified email address.
kind-hint-gitlab = GitLab.com or your own GitLab.
kind-hint-apple = Sign in with Apple.
kind-hint-facebook = Facebook accounts.
kind-hint-linkedin = LinkedIn accounts.
kind-hint-okta = Your Okta organisation.
kind-hint-oauth2 = Any OAuth 2.0 provider with a userinfo address. Prefer OpenID Connect where there is one.
kind-register-oidc = Register this service at your provider as a web application with the authorization code flow, using:
kind-register-google = In the Google Cloud console, under APIs & Services › Credentials, create an OAuth client ID of the type “Web application”, using:
kind-register-microsoft = In the Entra admin center, under App registrations, make a new registration with the platform “Web”, using:
kind-register-github = On GitHub, under Settings › Developer settings › OAuth Apps, make a new OAuth app, using:
kind-register-gitlab = In GitLab, under Preferences › Applications, add an application with the scopes openid, profile and email, using:
kind-register-apple = In the Apple developer portal, under Identifiers, make a Services ID with “Sign in with Apple”, using:
kind-register-facebook = In Meta for Developers, add the product “Facebook Login” to your app and open its settings, using:
kind-register-linkedin = In the LinkedIn developer portal, add the product “Sign In with LinkedIn using OpenID Connect” to your app and open Auth, using:
kind-register-okta = In the Okta admin console, under Applications, create an app integration “OIDC – Web Application”, using:
kind-register-oauth2 = Register this service at your provider as a web application with the authorization code grant, using:
secret-expired = Secret has ended
secret-expires = { $days ->
    [0] Secret ends today
    [1] Secret ends tomorrow
   *[other] Secret ends in { $days } days
 }
jit-on = On
jit-off = Off
jit-on-linking = On, linking
application-kind-web = Web application
application-kind-spa = Single-page application
application-kind-native = Native application
all-connections = All
no-connections = None
local-sign-in = Username and password
source-admin = Admin
source-import = Import
source-person = The person
source-script = A script
source-connection-gone = A deleted connection
origin-admin = Edited by admin
origin-person = Self
writers-connections-and-admins = Connections and admins
writers-person-too = Connections, admins and the person
writers-admins-only = Admins only
group-people =
    { $number ->
        [0] Nobody is in it.
        [one] One person is in it.
       *[other] { $number } people are in it.
    }
session-console = Console
history-refused = refused
history-by = by { $name }
history-through = through { $connection }
history-settings = settings version { $version }
history-system = at a sign-in
history-command-line = at the command line
history-somebody = by somebody
history-user-created = Account created
history-user-provisioned = Account created at the first sign-in
history-user-updated = Attributes updated at a sign-in
history-user-linked = Account linked
history-user-unlinked = Account unlinked
history-user-claimed = Account claimed by the owner of its address
history-user-renamed = Username changed
history-user-attribute-changed = Attribute changed
history-user-groups-changed = Groups changed at a sign-in
history-user-group-added = Added to a group
history-user-group-removed = Removed from a group
history-user-profile-changed = Profile changed by its owner
history-user-email-changed = Email address changed by its owner
history-user-application-revoked = Access of an application taken back
history-user-not-me = The owner said: this was not me
history-user-enabled = Account enabled
history-user-disabled = Account disabled
history-user-signed-out = Signed out everywhere
history-user-session-ended = Session ended
history-user-invited = Invitation sent
created-by-jit = Created by JIT from { $connection }
created-by-admin = Created by an admin
created-by-import = Imported
verified-no = No
verified-provider = By the provider
verified-person = By the person
verified-admin = By an admin

outcome-sign-in = Sign in with the linked account
outcome-link = Link to an existing account
outcome-create = Create an account
outcome-pass-through = Sign in without a local account
outcome-prove-ownership = Ask to prove that the existing account is theirs
outcome-refuse = Refuse the sign-in

stage-request = Request received
stage-page = Page
stage-departure = Sent to the provider
stage-answer = Answer of the provider
stage-mapping = Attributes
stage-decision = Just-in-Time provisioning
stage-script = Script
stage-end = End of the sign-in
stage-tokens = Tokens

flash-saved = Saved.
flash-jit-updated = Just-in-Time provisioning updated.
flash-connection-created = Connection created. Test it, then offer it in an application.
flash-connection-renamed = Saved. Its name in scripts is new too: change it in the scripts that use it.
flash-connection-deleted = Connection deleted.
flash-connection-enabled = Connection enabled.
flash-connection-disabled = Connection disabled.
flash-application-deleted = Application deleted.
flash-application-enabled = Application enabled.
flash-application-disabled = Application disabled.
flash-secret-removed = Secret removed.
flash-user-created = User created.
flash-user-enabled = User enabled.
flash-user-disabled = User disabled and signed out.
flash-link-removed = Account unlinked. Sessions that began with it are over.
flash-user-deleted = User deleted.
flash-account-linked = Account linked.
flash-session-ended = Session ended.
flash-signed-out = Signed out everywhere.
flash-factor-removed = The factor is removed, and the person is signed out everywhere.
flash-factors-reset = All factors are removed, and the person is signed out everywhere.
flash-password-link-queued = The link for a new password is on its way.
flash-attribute-created = Attribute created. Connections can fill it now.
flash-attribute-deleted = Attribute deleted.
flash-group-created = Group created.
flash-group-deleted = Group deleted.
flash-member-added = Added to the group.
flash-member-removed = Removed from the group.
flash-test-mail-sent = The mail server took the test mail. Look into the mailbox, and into its spam folder.
flash-invitation-queued = The invitation is on its way to the person's address.
flash-flow-published = Sign-in flow published.
flash-draft-discarded = Draft discarded.
flash-flow-reverted = Reverted to the default.
flash-draft-restored = The earlier version is the draft now. Update publishes it.
flash-secret-saved = Secret saved.
flash-library-saved = Library saved.

error-name-empty = Enter a name
error-name-long = A name has at most 120 characters
error-name-taken = There is one with this name already. Choose another name
error-button-long = A button text has at most 60 characters
error-issuer = { $reason }
error-client-id-empty = Enter the client ID that the provider shows
error-secret-needed = Enter the client secret, or choose another client authentication
error-scopes-openid = The scope openid must be among the scopes
error-discovery = The provider's document could not be read: { $reason }
error-redirect-empty = Enter at least one redirect URL
error-url = { $reason }
error-domain = { $domain } is not a domain
error-attribute = { $reason }
error-mapping-incomplete = Fill in both sides of this row, or empty it
error-mapping-twice = This local attribute is mapped twice
error-clashes = Several accounts hold the same value; they are listed below
error-group-empty = Select a group
error-confirm = Type the name exactly as it is shown
error-in-use = It is still in use
error-stale = Somebody else changed this in the meantime. Nothing was saved; the page now shows their version.
error-draft-gone = This draft is gone. Please start again

message-not-found-heading = There is nothing here
message-not-found-text = The address is wrong, or it was deleted.
message-csrf-failed-heading = This form was not sent from the console
message-csrf-failed-text = For your safety nothing was done. Go back, reload the page and try again.
message-not-allowed-heading = You may not use the console
message-not-allowed-text = Your account has no role here.
message-failed-heading = Sorry, this did not work
message-failed-text = Nothing was changed. Try again; the reference below leads to the log.

advice-idp-response-invalid = The provider's answer did not hold. The failed check below says what to look at; most often the issuer, the client ID or the clock.
advice-idp-unreachable = The provider did not answer. Check its address under Settings, and whether this server may reach it.
advice-idp-denied = The provider or the person said no. If the provider names a reason, it is in the time line.
advice-connection-unavailable = The connection is disabled or gone. Enable it, or remove it from the application.
advice-no-account = The person has no account here and none is made: Just-in-Time provisioning is off for the connection, or the application demands an account.
advice-provisioning-refused = The account could not be created or updated; the decision below says why.
advice-link-ambiguous = Several accounts match. Make the compared attribute unique, or link the right one by hand.
advice-link-refused = An account matches but must not be linked, for example because the email address is not verified.
advice-redirect-uri-mismatch = The application asked for a redirect URL that is not registered. Compare it character by character with the application's Redirect URLs.
advice-bad-request = The application's request is malformed; the time line says how.
advice-app-access-denied = The application does not accept this person.

mail-security-tls = TLS
mail-security-starttls = STARTTLS, demanded
mail-security-plain = None
mail-waiting =
    { $number ->
        [0] Nothing waits.
        [one] One mail waits to be sent.
       *[other] { $number } mails wait to be sent.
    }

invite-by-mail = It goes by mail to the verified address of the account.
invite-by-hand = No mail goes: there is no mail server, or the account has no verified address. You get the link and hand it over.
invite-button-mail = Send invitation
invite-button-hand = Make a link
invite-life =
    { $hours ->
        [one] It works once, within one hour.
       *[other] It works once, within { $hours } hours.
    }

test-fix-discovery = Compare the issuer with what the provider calls itself, and make sure that Usher reaches it.
test-fix-keys = The provider's keys did not come or cannot be used: open its key set address from this machine.
test-fix-departure = Complete the tab Settings: something that is needed to leave for the provider is missing.
test-fix-callback = The provider sent you back without a code: register the redirect URI exactly as the tab Settings shows it, and let your account use the application there.
test-fix-token = The provider did not take the code: check client ID, secret and client authentication on the tab Settings, and whether the secret has ended.
test-fix-id-token = The ID token does not hold: compare issuer, client ID and algorithms on the tab Settings, and the clocks of both machines.
test-fix-userinfo = The provider's answer about you cannot be used: check the scopes, the user data address and the subject claim.
test-fix-other = Open the log with the reference below.

option-password = Username and password
option-passkey = Passkey
option-totp = TOTP
option-email_otp = Email OTP
option-recovery_code = Backup codes
option-every = Every connection
