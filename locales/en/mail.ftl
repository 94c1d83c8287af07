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

mail-test-subject = Test mail
mail-test-text = Mail works: an administrator sent this to test the settings.
