# Mail to people. A subject is also the heading.

mail-footer = This mail was sent by the sign-in service at { $url }. Please do not answer it.
mail-not-you = If this was not you, change your password and tell your help desk at once.

mail-linked-subject = You can now sign in with { $connection }
mail-linked-text = An account at { $connection } was linked to your account. Whoever signs in there now gets into your account here.
mail-linked-external = Linked account: { $external }

mail-unlinked-subject = { $connection } is no longer linked to your account
mail-unlinked-text = The account at { $connection } was unlinked from your account. Signing in with it no longer leads to your account.

mail-code-subject = Your code to link an account
mail-code-text = Somebody signed in with { $connection } and wants to link that account to yours. If this is you, type this code on the page that asks for it:
mail-code-life =
    { $minutes ->
        [one] The code works for one minute, once, in the browser that asked for it.
       *[other] The code works for { $minutes } minutes, once, in the browser that asked for it.
    }
mail-code-warning = If this is not you, do nothing and give the code to nobody: whoever has it could get into your account.

mail-invitation-subject = Set your password
mail-invitation-text = An account was made for you. Your username is { $username }. Choose a password here:
mail-invitation-link = Choose a password
mail-invitation-life =
    { $hours ->
        [one] The link works once, within one hour.
       *[other] The link works once, within { $hours } hours.
    }
mail-invitation-warning = Give the link to nobody. If you do not expect an account, ignore this mail.

mail-sign-in-code-subject = Your code to sign in
mail-sign-in-code-text = Somebody with your account is signing in to { $application }. If this is you, type this code on the page that asks for it:
mail-sign-in-code-life =
    { $minutes ->
        [one] The code works for one minute, once, in the browser that asked for it.
       *[other] The code works for { $minutes } minutes, once, in the browser that asked for it.
    }
mail-sign-in-code-warning = If this is not you, somebody may know your password: change it, and give the code to nobody.

mail-reset-subject = Choose a new password
mail-reset-text = Somebody asked for a new password for the account { $username }. If this is you, choose one here:
mail-reset-link = Choose a new password
mail-reset-life =
    { $minutes ->
        [one] The link works once, within one minute.
       *[other] The link works once, within { $minutes } minutes.
    }
mail-reset-warning = If this is not you, do nothing: your password stays as it is. Give the link to nobody.

mail-factor-added-subject = You have a new way to sign in
mail-factor-added-text = A way to prove that it is you was added to your account.
mail-factor-removed-subject = A way to sign in was removed
mail-factor-removed-text = A way to prove that it is you was removed from your account.
mail-factor-which = { $factor }: { $name }
mail-factor-password = Password
mail-factor-passkey = Passkey
mail-factor-totp = Authenticator app
mail-factor-email-otp = Code by e-mail
mail-factor-recovery-code = Recovery code

mail-password-changed-subject = Your password was changed
mail-password-changed-text = The password of your account was changed. Other browsers were signed out.

mail-recovery-made-subject = You have new recovery codes
mail-recovery-made-text = New recovery codes were made for your account. The old ones no longer work.

mail-recovery-used-subject = A recovery code was used
mail-recovery-used-text = Somebody signed in to your account with a recovery code.
mail-recovery-used-left =
    { $left ->
        [0] It was the last one: make new ones.
        [one] One code is left.
       *[other] { $left } codes are left.
    }

mail-factors-reset-subject = Your second factors were removed
mail-factors-reset-text = Your help desk removed every authenticator app, passkey, recovery code and remembered browser from your account, and signed you out everywhere. You are asked to set them up again when you sign in.

mail-bypass-subject = A one-time code was made for your account
mail-bypass-text = Your help desk made a code that stands in for your second factor once. It is not in this mail: you get it from the person that you spoke to.
mail-bypass-life =
    { $minutes ->
        [one] It works within one minute.
       *[other] It works within { $minutes } minutes.
    }

mail-bypass-used-subject = A one-time code of the help desk was used
mail-bypass-used-text = Somebody signed in to your account with the code that your help desk made. It does not work again.

mail-factors-locked-subject = Too many wrong codes
mail-factors-locked-text = Somebody with your password typed too many wrong codes for your second factor. Nobody got in by that.
mail-factors-locked-life =
    { $minutes ->
        [one] No code is looked at for one minute.
       *[other] No code is looked at for { $minutes } minutes.
    }

mail-email-code-subject = Your code
mail-email-code-text = Somebody wants to use this address for their account. If it is you, type this code on the page where you asked for it:
mail-email-code-life =
    { $minutes ->
        [one] It works for one minute.
       *[other] It works for { $minutes } minutes.
    }
mail-email-code-warning = If you did not ask for it, do nothing: without the code, nothing changes. Never tell the code to anybody.

mail-email-changed-subject = Your email address was changed
mail-email-changed-text = The email address of your account was changed. What concerns your account goes to the new address from now on.
mail-email-changed-address = The new address: { $address }

mail-account-secured-subject = Your account was secured
mail-account-secured-text = Somebody who is signed in to your account said that another person had been in it. Every other browser was signed out, applications lost their access, and remembered browsers were forgotten. If your account has a password that can be renewed by mail, it no longer works: a separate mail brings the link for a new one.

mail-test-subject = Test mail
mail-test-text = Mail works: an administrator sent this to test the settings.
