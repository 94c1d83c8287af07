# The account page: what a person sees and does about their own account.
account-title = Your account
account-skip = Skip to content
account-signed-in-as = Signed in as
account-sign-out = Sign out
account-nav-home = Overview
account-greeting = Hello, { $name }
account-lead = What is known about you here, how you sign in, and where you are signed in.

account-flash-saved = Saved.
account-flash-signed-in-again = You signed in again. What you had typed was not kept: please enter it once more.

account-without-heading = You have no account here
account-without-text = You are signed in through { $connection }, and this service keeps no account for you.
account-without-what = Nothing about you is stored here beyond this sign-in, so there is nothing to change. Your password and your data are with the organisation that you signed in with.
account-without-another = Sign in with another account

account-error-stale = This was changed in the meantime. Please look at it again and repeat your change.
