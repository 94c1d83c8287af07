# Sign-in, sign-out, set-up and error pages.

sign-in = Sign in
sign-in-heading = Sign in to { $application }
continue-with = Continue with { $connection }
ways-label = Ways to sign in
last-used = Last used
more-ways = More ways to sign in
or = or
no-ways = There is no way to sign in to this application right now. Please contact its help desk.
username-label = Username
sign-in-name-label = Username or email address
password-label = Password
show = Show
hide = Hide
show-password = Show password
hide-password = Hide password
language-label = Language
help = Help
continue = Continue
copy = Copy
copied = Copied

error-prefix = Error:
problem-heading = There is a problem
error-username-empty = Enter your username
error-password-empty = Enter your password
error-credentials = The username or the password is not right. Check both and try again.
error-too-many = Too many attempts. Wait a few minutes, then try again.
error-busy = A lot of people are signing in right now. Try again in a moment.
notice-stale = This page was out of date, so nothing was sent. Please try again.
notice-other-tab = You have already continued this sign-in in another tab or window. You can go on here, too.

sign-out-heading = Sign out?
sign-out-application = { $application } asks you to sign out. This ends your session here, for all applications.
sign-out-text = This ends your session here, for all applications.
sign-out-yes = Sign out
sign-out-no = To stay signed in, just close this page.
signed-out-heading = You are signed out
signed-out-text = Applications that you opened before may stay open until you close the browser.

handover-heading = Taking you to { $application }
handover-text = If nothing happens, press Continue.

setup-heading = Set up the first admin
setup-text = This account can change everything in the console. The link works once.
setup-button = Create admin
recovery-heading = Choose a new password
recovery-text = For an admin who lost access. The link works once.
recovery-button = Save password
invitation-heading = Choose your password
invitation-text = An account was made for you. The link works once.
invitation-button = Save password
new-password-heading = Choose a new password
new-password-text = The link works once. Other browsers are signed out; second factors stay as they are.
new-password-button = Save password
forgot-link = Forgot your password?
forgot-heading = Forgot your password?
forgot-text = Type your username or your e-mail address. You get a link to choose a new password.
forgot-button = Send the link
forgot-sent = If there is an account with this name and an address that we know, a mail is on its way.
forgot-life =
    { $minutes ->
        [one] The link works once, within one minute.
       *[other] The link works once, within { $minutes } minutes.
    }
forgot-nothing = Nothing arrived? Look among the unwanted mail, or ask your help desk.
forgot-unavailable = No mail can be sent here. Ask your help desk for a new password.
forgot-back = Back to signing in to { $application }
error-password-personal = This password contains your name, your username or your address
error-password-pattern = This password is a repetition or a row of neighbours
error-password-common = This password is one of those that are guessed first
error-password-breached = This password is in a list of leaked passwords
account-ready-heading = Your account is ready
account-ready-text = The password is saved. Open the application you want to use and sign in as { $username }.
new-password-label = New password
password-again-label = The same password again
password-hint =
    { $characters ->
        [one] At least { $characters } character. A short sentence is a good password.
       *[other] At least { $characters } characters. A short sentence is a good password.
    }
error-username-invalid = A username has letters, digits and . _ - + @, and starts with a letter or digit
error-username-taken = This username is taken. Choose another one
error-password-short = This password is too short
error-password-long = This password is too long
error-passwords-differ = The two passwords are not the same

the-provider = The provider
action-start-again = Start again
action-try-again = Try again
action-another-way = Use another way
action-another-account = Use another account
action-back = Go back to { $application }
reference = Reference
reference-hint = If you ask for help, please give this reference.
error-code = Code
error-time = Time
refusal-wait =
    { $minutes ->
        [one] Please wait { $minutes } minute, then try again.
       *[other] Please wait { $minutes } minutes, then try again.
    }

refusal-tx-expired-heading = This sign-in has expired
refusal-tx-expired-text = It was open for too long. Please start again.
refusal-tx-other-browser-heading = This sign-in was started elsewhere
refusal-tx-other-browser-text = It belongs to another browser or device, or its cookies were deleted. Please start again at the application.
refusal-tx-already-used-heading = This sign-in is already complete
refusal-tx-already-used-text = You can close this page, or start again at the application.
refusal-given-up-heading = You cancelled the sign-in
refusal-given-up-text = Start again, or go back to the application.
refusal-idp-denied-heading = { $provider } did not let you in, or you cancelled
refusal-idp-denied-text = Try again, or use another way to sign in.
refusal-idp-unreachable-heading = { $provider } is not answering
refusal-idp-unreachable-text = Try again in a minute, or use another way to sign in.
refusal-idp-response-invalid-heading = We could not verify the answer of { $provider }
refusal-idp-response-invalid-text = You have not been signed in. Try again; if it happens once more, please contact help.
refusal-connection-unavailable-heading = { $provider } cannot be used right now
refusal-connection-unavailable-text = This way to sign in is switched off. Please use another way.
refusal-no-account-heading = You do not have an account here
refusal-no-account-text = { $provider } signed you in, but there is no account for you at this organisation. Use another account, or contact help.
refusal-provisioning-refused-heading = We could not set up an account for you
refusal-provisioning-refused-text = { $provider } signed you in, but your account could not be created or updated here. Please contact help.
refusal-link-ambiguous-heading = We could not match you to one account
refusal-link-ambiguous-text = Please contact help; they can tell which account is yours.
refusal-link-refused-heading = We could not match you to an account
refusal-link-refused-text = Use another way to sign in, or contact help.
refusal-link-mismatch-heading = Two different people signed in
refusal-link-mismatch-text = The steps of this sign-in belong to different accounts. Start again with one of them, or contact help.
refusal-mfa-needs-account-heading = This application asks for a second step that you cannot complete with { $provider }
refusal-mfa-needs-account-text = The second step needs an account here, and signing in with { $provider } does not make one. Use another way to sign in, or ask for help: an administrator can change how this application signs people in.
refusal-mfa-unavailable-heading = You cannot complete the second step
refusal-mfa-unavailable-text = This application asks for a second step that is not set up for your account. Use another way to sign in, or contact help.
refusal-script-denied-heading = You may not use this application
refusal-script-denied-text = The rules of this application do not let you in. If you think that is wrong, contact help.
refusal-script-error-heading = Sorry, there is a problem with the sign-in of this application
refusal-script-error-text = Its rules could not be carried out. Please contact help and give them the number below.
refusal-account-disabled-heading = This account cannot be used
refusal-account-disabled-text = Please contact help.
refusal-app-access-denied-heading = You may not use this application
refusal-app-access-denied-text = Use another account, or contact help.
refusal-bad-request-heading = The application sent a wrong request
refusal-bad-request-text = You have not been signed in. Go back to the application; if it happens again, please tell its help desk.
refusal-redirect-uri-mismatch-heading = The application sent a wrong request
refusal-redirect-uri-mismatch-text = It asked to send you to an address that is not registered for it, so we stopped here.
refusal-locked-heading = Too many attempts
refusal-locked-text = Please wait a few minutes, then try again.
refusal-rate-limited-heading = Too many attempts
refusal-rate-limited-text = Please wait a few minutes, then try again.
refusal-csrf-failed-heading = This form was not sent from our page
refusal-csrf-failed-text = For your safety nothing was done. Go back, reload the page and try again.
refusal-not-found-heading = There is nothing here
refusal-not-found-text = The address is wrong, or the page is gone.
refusal-unavailable-heading = Sign-in is not available right now
refusal-unavailable-text = Please try again in a minute.
refusal-internal-heading = Sorry, there is a problem with sign-in
refusal-internal-text = Please try again later. If it goes on, please contact help.

signing-in-as = Signing in as
change = Change
find-way = Search
find-way-label = Search for your organisation
find-way-none = Nothing fits. Try another word.
find-way-more = There are more. Type a part of the name to find yours.

link-heading = Link your account
link-signed-in = You signed in with { $connection } as { $external }.
link-text = There may already be an account here for you. If it is yours, prove it once; from then on you can use both to sign in. If you do not know of any account, ask the help desk.
link-submit = Sign in and link
link-code-offer = If the account has an email address, we can send a code to it.
link-code-send = Send a code
link-code-again = Send another code
link-code-sent = If the account has an email address, a code is on its way to it. It works for 5 minutes, in this browser only.
link-code-label = Code from the email
link-code-hint = 6 digits
link-code-submit = Check code and link
link-code-no-more = No more codes can be sent in this sign-in.
link-cancel = Cancel
error-code-wrong = This code is not right. Check it and try again.
error-code-void = This code does not work any more.
error-code-void-send = This code does not work any more. Send another one.

factor-continue = Continue
factor-others = Use another way
factor-choose = Set up something else
factor-lost-device = Lost your device?
factor-give-up = Cancel
factor-remember = { $days ->
    [one] Remember this browser for a day
   *[other] Remember this browser for { $days } days
  }
factor-remember-hint = Not on a computer that other people use.
factor-set-up-totp = Authenticator app
factor-set-up-passkey = Passkey
factor-way-password = Use your password
factor-way-totp = Use the authenticator app
factor-way-email-otp = Send a code by email
factor-app-heading = Check your authenticator app
factor-app-text = Type the code that the app shows for this account.
factor-app-label = Code
factor-app-hint = 6 digits
factor-mail-heading = Check your email
factor-mail-text = We have sent you a code.
factor-mail-sent = A code is on its way to { $address }. It works for 5 minutes, in this browser only.
factor-mail-label = Code from the email
factor-mail-hint = 6 digits
factor-mail-again = Send another code
factor-lost-heading = Use a recovery code
factor-lost-text = Type one of the codes that you saved when you set up your second step, or one that the help desk gave you. Each works once.
factor-lost-label = Recovery code
factor-lost-hint = 10 letters and digits
factor-help-heading = Get help to sign in
factor-help-text = You have no recovery codes here. Ask the help desk for a one-time code and type it. It works once.
factor-help-label = Code from the help desk
factor-help-hint = 10 letters and digits
factor-choice-heading = Choose a second step
factor-choice-text = { $application } asks for a second step. Choose what you want to set up.
factor-elsewhere-heading = Choose a second step
factor-elsewhere-text = { $application } asks for a second step.
factor-new-app-heading = Set up your authenticator
factor-new-app-text = { $application } asks for a second step. You need an authenticator app on your phone.
factor-new-app-key-name = Key
factor-new-app-scan = Scan this picture with the app.
factor-new-app-qr = QR code for your authenticator app
factor-new-app-open = Is the app on this device? Open it
factor-new-app-key = Or type this key:
factor-new-app-confirm = Type the code that the app shows:
factor-new-app-label = Code
factor-new-app-hint = 6 digits
codes-heading = Save your recovery codes
codes-text = If you lose your device, each of these codes lets you in once. They are shown only now.
codes-name = Recovery codes
codes-download = Download
error-codes-saved = Save the codes, then tick the box
codes-saved = I have saved these codes

factor-way-passkey = Use a passkey
passkey-sign-in = Sign in with a passkey
passkey-missing = Passkeys need a newer browser with scripts switched on. Use another way.
passkey-failed = The passkey did not come through, or you cancelled. Try again, or use another way.
passkey-known = This device already has a passkey for your account. Use another device.
passkey-ask-heading = Use your passkey
passkey-ask-text = { $application } asks for a second step. Your device wants your fingerprint, your face or its screen lock.
passkey-ask-button = Use passkey
passkey-new-heading = Set up a passkey
passkey-new-text = { $application } asks for a second step. A passkey stays with your device, which wants your fingerprint, your face or its screen lock each time.
passkey-new-button = Create passkey
passkey-name-label = Name of this passkey
passkey-name-hint = So that you know it again
passkey-name-on = { $browser } on { $system }
passkey-name = Passkey
error-passkey = This passkey was not accepted. Try again, or use another way.
