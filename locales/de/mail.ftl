# Mails an Menschen. Der Betreff ist zugleich die Überschrift.

mail-footer = Diese Mail kommt vom Anmeldedienst unter { $url }. Bitte antworten Sie nicht darauf.
mail-not-you = Wenn Sie das nicht waren, ändern Sie Ihr Passwort und sagen Sie sofort Ihrer Hilfe Bescheid.

mail-linked-subject = Sie können sich jetzt mit { $connection } anmelden
mail-linked-text = Ein Konto bei { $connection } wurde mit Ihrem Konto verknüpft. Wer sich dort anmeldet, kommt jetzt in Ihr Konto hier.
mail-linked-external = Verknüpftes Konto: { $external }

mail-unlinked-subject = { $connection } ist nicht mehr mit Ihrem Konto verknüpft
mail-unlinked-text = Die Verknüpfung mit dem Konto bei { $connection } wurde gelöst. Eine Anmeldung damit führt nicht mehr zu Ihrem Konto.

mail-code-subject = Ihr Code zum Verknüpfen eines Kontos
mail-code-text = Jemand hat sich mit { $connection } angemeldet und möchte dieses Konto mit Ihrem verknüpfen. Wenn Sie das sind, geben Sie diesen Code auf der Seite ein, die danach fragt:
mail-code-life =
    { $minutes ->
        [one] Der Code gilt eine Minute, einmal, in dem Browser, der danach fragt.
       *[other] Der Code gilt { $minutes } Minuten, einmal, in dem Browser, der danach fragt.
    }
mail-code-warning = Wenn Sie das nicht sind, tun Sie nichts und geben Sie den Code niemandem: Wer ihn hat, könnte in Ihr Konto kommen.

mail-invitation-subject = Wählen Sie Ihr Passwort
mail-invitation-text = Für Sie wurde ein Konto angelegt. Ihr Benutzername ist { $username }. Wählen Sie hier ein Passwort:
mail-invitation-link = Passwort wählen
mail-invitation-life =
    { $hours ->
        [one] Der Link gilt einmal, eine Stunde lang.
       *[other] Der Link gilt einmal, { $hours } Stunden lang.
    }
mail-invitation-warning = Geben Sie den Link niemandem. Wenn Sie kein Konto erwarten, beachten Sie diese Mail nicht.

mail-sign-in-code-subject = Ihr Code für die Anmeldung
mail-sign-in-code-text = Jemand meldet sich mit Ihrem Konto bei { $application } an. Wenn Sie das sind, geben Sie diesen Code auf der Seite ein, die danach fragt:
mail-sign-in-code-life =
    { $minutes ->
        [one] Der Code gilt eine Minute, einmal, in dem Browser, der danach fragt.
       *[other] Der Code gilt { $minutes } Minuten, einmal, in dem Browser, der danach fragt.
    }
mail-sign-in-code-warning = Wenn Sie das nicht sind, kennt vielleicht jemand Ihr Passwort: Ändern Sie es und geben Sie den Code niemandem.

mail-reset-subject = Wählen Sie ein neues Passwort
mail-reset-text = Jemand hat ein neues Passwort für das Konto { $username } angefordert. Wenn Sie das sind, wählen Sie hier eines:
mail-reset-link = Neues Passwort wählen
mail-reset-life =
    { $minutes ->
        [one] Der Link gilt einmal, eine Minute lang.
       *[other] Der Link gilt einmal, { $minutes } Minuten lang.
    }
mail-reset-warning = Wenn Sie das nicht sind, tun Sie nichts: Ihr Passwort bleibt, wie es ist. Geben Sie den Link niemandem.

mail-factor-added-subject = Sie können sich auf eine neue Art anmelden
mail-factor-added-text = Zu Ihrem Konto kam eine Möglichkeit hinzu, sich auszuweisen.
mail-factor-removed-subject = Eine Art der Anmeldung wurde entfernt
mail-factor-removed-text = Von Ihrem Konto wurde eine Möglichkeit entfernt, sich auszuweisen.
mail-factor-which = { $factor }: { $name }
mail-factor-password = Passwort
mail-factor-passkey = Passkey
mail-factor-totp = Authenticator-App
mail-factor-email-otp = Code per E-Mail
mail-factor-recovery-code = Wiederherstellungscode

mail-password-changed-subject = Ihr Passwort wurde geändert
mail-password-changed-text = Das Passwort Ihres Kontos wurde geändert. Andere Browser wurden abgemeldet.

mail-recovery-made-subject = Sie haben neue Wiederherstellungscodes
mail-recovery-made-text = Für Ihr Konto wurden neue Wiederherstellungscodes erzeugt. Die alten gelten nicht mehr.

mail-recovery-used-subject = Ein Wiederherstellungscode wurde benutzt
mail-recovery-used-text = Jemand hat sich mit einem Wiederherstellungscode in Ihrem Konto angemeldet.
mail-recovery-used-left =
    { $left ->
        [0] Es war der letzte: Erzeugen Sie neue.
        [one] Ein Code ist übrig.
       *[other] { $left } Codes sind übrig.
    }

mail-factors-reset-subject = Ihre zweiten Faktoren wurden entfernt
mail-factors-reset-text = Ihre Hilfe hat alle Authenticator-Apps, Passkeys, Wiederherstellungscodes und gemerkten Browser von Ihrem Konto entfernt und Sie überall abgemeldet. Bei der nächsten Anmeldung werden Sie gebeten, sie neu einzurichten.

mail-bypass-subject = Für Ihr Konto wurde ein Einmalcode erzeugt
mail-bypass-text = Ihre Hilfe hat einen Code erzeugt, der einmal anstelle Ihres zweiten Faktors gilt. Er steht nicht in dieser Mail: Sie bekommen ihn von der Person, mit der Sie gesprochen haben.
mail-bypass-life =
    { $minutes ->
        [one] Er gilt eine Minute lang.
       *[other] Er gilt { $minutes } Minuten lang.
    }

mail-bypass-used-subject = Ein Einmalcode Ihrer Hilfe wurde benutzt
mail-bypass-used-text = Jemand hat sich mit dem Code, den Ihre Hilfe erzeugt hat, an Ihrem Konto angemeldet. Er funktioniert kein zweites Mal.

mail-factors-locked-subject = Zu viele falsche Codes
mail-factors-locked-text = Jemand, der Ihr Passwort kennt, hat zu viele falsche Codes für Ihren zweiten Faktor eingegeben. Dadurch ist niemand hineingekommen.
mail-factors-locked-life =
    { $minutes ->
        [one] Eine Minute lang wird kein Code angenommen.
       *[other] { $minutes } Minuten lang wird kein Code angenommen.
    }

mail-email-code-subject = Ihr Code
mail-email-code-text = Jemand möchte diese Adresse für sein Konto verwenden. Wenn Sie das sind, geben Sie diesen Code auf der Seite ein, auf der Sie ihn angefordert haben:
mail-email-code-life =
    { $minutes ->
        [one] Er gilt eine Minute lang.
       *[other] Er gilt { $minutes } Minuten lang.
    }
mail-email-code-warning = Wenn Sie ihn nicht angefordert haben, tun Sie nichts: ohne den Code ändert sich nichts. Nennen Sie den Code niemandem.

mail-email-changed-subject = Ihre E-Mail-Adresse wurde geändert
mail-email-changed-text = Die E-Mail-Adresse Ihres Kontos wurde geändert. Was Ihr Konto betrifft, geht von jetzt an an die neue Adresse.
mail-email-changed-address = Die neue Adresse: { $address }

mail-account-secured-subject = Ihr Konto wurde gesichert
mail-account-secured-text = Jemand, der in Ihrem Konto angemeldet ist, hat gemeldet, dass eine andere Person darin war. Alle anderen Browser wurden abgemeldet, Anwendungen haben ihren Zugriff verloren, und gemerkte Browser sind vergessen. Hat Ihr Konto ein Passwort, das sich per Mail erneuern lässt, so gilt es nicht mehr: eine eigene Mail bringt den Link für ein neues.

mail-test-subject = Testmail
mail-test-text = Mails kommen an: Ein Administrator hat diese geschickt, um die Einstellungen zu prüfen.
