# Die Kontoseite: was eine Person über ihr eigenes Konto sieht und daran ändert.
account-title = Ihr Konto
account-skip = Zum Inhalt springen
account-signed-in-as = Angemeldet als
account-sign-out = Abmelden
account-nav-home = Übersicht
account-greeting = Hallo { $name }
account-lead = Was hier über Sie bekannt ist, wie Sie sich anmelden und wo Sie angemeldet sind.

account-flash-saved = Gespeichert.
account-flash-signed-in-again = Sie haben sich erneut angemeldet. Was Sie eingegeben hatten, wurde nicht aufbewahrt: bitte geben Sie es noch einmal ein.

account-without-heading = Sie haben hier kein Konto
account-without-text = Sie sind über { $connection } angemeldet, und dieser Dienst führt kein Konto für Sie.
account-without-what = Über diese Anmeldung hinaus ist hier nichts über Sie gespeichert; es gibt also nichts zu ändern. Ihr Passwort und Ihre Daten liegen bei der Organisation, über die Sie sich angemeldet haben.
account-without-another = Mit einem anderen Konto anmelden

account-error-stale = Das wurde inzwischen geändert. Bitte sehen Sie es noch einmal an und wiederholen Sie Ihre Änderung.
