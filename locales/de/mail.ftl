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

mail-test-subject = Testmail
mail-test-text = Mails kommen an: Ein Administrator hat diese geschickt, um die Einstellungen zu prüfen.
