# The account page: how a person signs in, and what is linked.
account-nav-security = Security
account-nav-linked = Linked accounts

account-flash-password = Your password was changed. Other browsers were signed out.
account-flash-app = The authenticator app was added.
account-flash-passkey = The passkey was added.
account-flash-codes = Your new recovery codes work from now on.
account-flash-renamed = Renamed.
account-flash-removed = Removed. Other browsers were signed out.
account-flash-linked = Linked. From now on you can sign in with it.
account-flash-not-linked = Nothing was linked.
account-flash-unlinked = Unlinked. What was opened with it has ended.

account-security-heading = How you sign in
account-security-lead = Before you change anything here you may be asked to sign in again.

account-password-heading = Password
account-password-there = You have a password.
account-password-none = You have no password: you sign in in other ways.
account-password-change = Change password
account-password-set = Set a password
account-password-effect = Every other browser is signed out, and no browser is remembered any more.
account-password-current = Present password
account-password-save = Save password
account-error-password-current = This is not your present password

account-passkeys-heading = Passkeys
account-passkeys-text = A passkey stays with your device, which asks for your fingerprint, your face or its screen lock.
account-passkeys-add = Add a passkey
account-passkeys-impossible = Passkeys are not possible at this address.
account-passkey-backed-up = Kept in the cloud
account-passkey-one-device = On one device only
account-error-passkey = This passkey could not be added. Try again.

account-apps-heading = Authenticator apps
account-apps-text = An app on your phone that shows a code of six digits.
account-apps-add = Add an authenticator app
account-apps-confirm = Check code and add
account-app-name = Authenticator app

account-device-since = Added
account-device-used = last used
account-device-unused = not used yet
account-device-change = Change
account-device-name = Name
account-device-name-hint = So that you know it again
account-device-rename = Rename
account-device-remove = Remove
account-device-remove-effect = It can no longer be used to sign in. Every other browser is signed out.
account-device-remove-button = Remove it
account-device-last = This is your last second step. Your recovery codes go with it. An application that demands a second step will ask you to set one up again.
account-error-too-many-devices = You have too many devices. Remove one that you do not use
account-error-name-empty = Enter a name

account-codes-heading = Recovery codes
account-codes-about = If you lose your device, each of these codes stands in for it once.
account-codes-later = You get recovery codes with your first passkey or authenticator app.
account-codes-left =
    { $left ->
        [0] You have no codes left.
        [one] You have one code left.
       *[other] You have { $left } codes left.
    }
account-codes-make = Make new codes
account-codes-new-heading = Make new recovery codes
account-codes-replace = The new codes replace those that you have now as soon as you say that you have saved them.
account-codes-save = They are shown only now, and they work once you say that you have saved them. Codes that you had before stop working then.
account-codes-use = Use these codes
account-error-codes-alone = Recovery codes stand in for a passkey or an authenticator app: add one of these first

account-linked-heading = Linked accounts
account-linked-lead = With an account that is linked here you can sign in to this one.
account-linked-none = Nothing is linked to your account.
account-linked-since = linked
account-linked-used = last used
account-linked-gone = A provider that is not here any more
account-linked-made = Made this account
account-linked-rule = Linked by a rule of this organisation
account-linked-proved = Linked when you signed in with it
account-linked-admin = Linked by an administrator
account-linked-person = Linked by you
account-link-heading = Link another account
account-link-text = You sign in there once more, come back, and confirm.
account-link-with = Link { $connection }
account-link-unreachable = This provider is not answering. Try again in a minute
account-link-confirm-heading = Link this account?
account-link-confirm-who = You signed in with { $connection } as { $external }.
account-link-confirm-effect = Whoever signs in with it will get into your account { $name } here.
account-link-confirm = Link it
account-link-taken = This account is linked to another account here, or was the beginning of one. It stays there; ask the help desk if that is wrong
account-link-several = You have linked an account of this provider already. Unlink it first
account-link-yours = This account is linked to yours already
account-unlink = Unlink
account-unlink-heading = Unlink { $connection }?
account-unlink-effect = You can no longer sign in with it, and what was opened with it ends: you may have to sign in again.
account-last-way-in = This is the last way in to your account, so it stays. Add another one first: a password, a passkey or another linked account that is offered where you sign in.
