# Seiten für Anmeldung, Abmeldung, Einrichtung und Fehler.

sign-in = Anmelden
sign-in-heading = Bei { $application } anmelden
continue-with = Weiter mit { $connection }
ways-label = Wege zur Anmeldung
last-used = Zuletzt benutzt
more-ways = Weitere Wege zur Anmeldung
or = oder
no-ways = Bei dieser Anwendung kann man sich gerade nicht anmelden. Bitte wenden Sie sich an deren Hilfe.
username-label = Benutzername
sign-in-name-label = Benutzername oder E-Mail-Adresse
password-label = Passwort
show = Zeigen
hide = Verbergen
show-password = Passwort zeigen
hide-password = Passwort verbergen
language-label = Sprache
help = Hilfe
continue = Weiter
copy = Kopieren
copied = Kopiert

error-prefix = Fehler:
problem-heading = Etwas stimmt nicht
error-username-empty = Geben Sie Ihren Benutzernamen ein
error-password-empty = Geben Sie Ihr Passwort ein
error-credentials = Benutzername oder Passwort stimmt nicht. Prüfen Sie beides und versuchen Sie es noch einmal.
error-too-many = Zu viele Versuche. Warten Sie ein paar Minuten und versuchen Sie es dann noch einmal.
error-busy = Gerade melden sich sehr viele an. Versuchen Sie es gleich noch einmal.
notice-stale = Diese Seite war veraltet, deshalb wurde nichts gesendet. Bitte versuchen Sie es noch einmal.
notice-other-tab = Sie haben diese Anmeldung schon in einem anderen Fenster fortgesetzt. Sie können auch hier weitermachen.

sign-out-heading = Abmelden?
sign-out-application = { $application } möchte Sie abmelden. Ihre Sitzung endet hier für alle Anwendungen.
sign-out-text = Ihre Sitzung endet hier für alle Anwendungen.
sign-out-yes = Abmelden
sign-out-no = Um angemeldet zu bleiben, schließen Sie einfach diese Seite.
signed-out-heading = Sie sind abgemeldet
signed-out-text = Anwendungen, die Sie vorher geöffnet haben, bleiben vielleicht offen, bis Sie den Browser schließen.

handover-heading = Weiter zu { $application }
handover-text = Falls nichts geschieht, drücken Sie Weiter.

setup-heading = Ersten Administrator einrichten
setup-text = Dieses Konto kann in der Konsole alles ändern. Der Link gilt einmal.
setup-button = Administrator anlegen
recovery-heading = Neues Passwort wählen
recovery-text = Für Administratoren, die den Zugang verloren haben. Der Link gilt einmal.
recovery-button = Passwort speichern
invitation-heading = Wählen Sie Ihr Passwort
invitation-text = Für Sie wurde ein Konto angelegt. Der Link gilt einmal.
invitation-button = Passwort speichern
new-password-heading = Neues Passwort wählen
new-password-text = Der Link gilt einmal. Andere Browser werden abgemeldet; zweite Faktoren bleiben, wie sie sind.
new-password-button = Passwort speichern
forgot-link = Passwort vergessen?
forgot-heading = Passwort vergessen?
forgot-text = Geben Sie Ihren Benutzernamen oder Ihre E-Mail-Adresse ein. Sie bekommen einen Link, mit dem Sie ein neues Passwort wählen.
forgot-button = Link senden
forgot-sent = Wenn es ein Konto mit diesem Namen und einer uns bekannten Adresse gibt, ist eine Mail unterwegs.
forgot-life =
    { $minutes ->
        [one] Der Link gilt einmal, eine Minute lang.
       *[other] Der Link gilt einmal, { $minutes } Minuten lang.
    }
forgot-nothing = Nichts angekommen? Sehen Sie bei den unerwünschten Mails nach oder fragen Sie Ihre Hilfe.
forgot-unavailable = Hier können keine Mails verschickt werden. Fragen Sie Ihre Hilfe nach einem neuen Passwort.
forgot-back = Zurück zur Anmeldung bei { $application }
error-password-personal = Dieses Passwort enthält Ihren Namen, Ihren Benutzernamen oder Ihre Adresse
error-password-pattern = Dieses Passwort ist eine Wiederholung oder eine Reihe von Nachbarn
error-password-common = Dieses Passwort gehört zu denen, die zuerst geraten werden
error-password-breached = Dieses Passwort steht in einer Liste bekannt gewordener Passwörter
account-ready-heading = Ihr Konto ist bereit
account-ready-text = Das Passwort ist gespeichert. Öffnen Sie die Anwendung, die Sie benutzen wollen, und melden Sie sich als { $username } an.
new-password-label = Neues Passwort
password-again-label = Dasselbe Passwort noch einmal
password-hint =
    { $characters ->
        [one] Mindestens { $characters } Zeichen. Ein kurzer Satz ist ein gutes Passwort.
       *[other] Mindestens { $characters } Zeichen. Ein kurzer Satz ist ein gutes Passwort.
    }
error-username-invalid = Ein Benutzername hat Buchstaben, Ziffern und . _ - + @ und beginnt mit einem Buchstaben oder einer Ziffer
error-username-taken = Dieser Benutzername ist vergeben. Wählen Sie einen anderen
error-password-short = Dieses Passwort ist zu kurz
error-password-long = Dieses Passwort ist zu lang
error-passwords-differ = Die beiden Passwörter sind nicht gleich

the-provider = Der Anbieter
action-start-again = Neu beginnen
action-try-again = Noch einmal versuchen
action-another-way = Anders anmelden
action-another-account = Anderes Konto verwenden
action-back = Zurück zu { $application }
reference = Kennung
reference-hint = Wenn Sie um Hilfe bitten, nennen Sie bitte diese Kennung.
error-code = Code
error-time = Zeit
refusal-wait =
    { $minutes ->
        [one] Bitte warten Sie { $minutes } Minute und versuchen Sie es dann noch einmal.
       *[other] Bitte warten Sie { $minutes } Minuten und versuchen Sie es dann noch einmal.
    }

refusal-tx-expired-heading = Diese Anmeldung ist abgelaufen
refusal-tx-expired-text = Sie war zu lange offen. Bitte beginnen Sie neu.
refusal-tx-other-browser-heading = Diese Anmeldung wurde woanders begonnen
refusal-tx-other-browser-text = Sie gehört zu einem anderen Browser oder Gerät, oder die Cookies wurden gelöscht. Bitte beginnen Sie bei der Anwendung neu.
refusal-tx-already-used-heading = Diese Anmeldung ist schon abgeschlossen
refusal-tx-already-used-text = Sie können diese Seite schließen oder bei der Anwendung neu beginnen.
refusal-given-up-heading = Sie haben die Anmeldung abgebrochen
refusal-given-up-text = Beginnen Sie neu oder gehen Sie zurück zur Anwendung.
refusal-idp-denied-heading = { $provider } hat Sie nicht angemeldet, oder Sie haben abgebrochen
refusal-idp-denied-text = Versuchen Sie es noch einmal oder melden Sie sich anders an.
refusal-idp-unreachable-heading = { $provider } antwortet nicht
refusal-idp-unreachable-text = Versuchen Sie es in einer Minute noch einmal oder melden Sie sich anders an.
refusal-idp-response-invalid-heading = Die Antwort konnte nicht geprüft werden: { $provider }
refusal-idp-response-invalid-text = Sie wurden nicht angemeldet. Versuchen Sie es noch einmal; wenn es wieder geschieht, wenden Sie sich bitte an die Hilfe.
refusal-connection-unavailable-heading = { $provider } ist gerade nicht verfügbar
refusal-connection-unavailable-text = Dieser Weg zur Anmeldung ist abgeschaltet. Bitte melden Sie sich anders an.
refusal-no-account-heading = Sie haben hier kein Konto
refusal-no-account-text = { $provider } hat Sie angemeldet, aber bei dieser Organisation gibt es kein Konto für Sie. Verwenden Sie ein anderes Konto oder wenden Sie sich an die Hilfe.
refusal-provisioning-refused-heading = Ihr Konto konnte nicht eingerichtet werden
refusal-provisioning-refused-text = { $provider } hat Sie angemeldet, aber Ihr Konto konnte hier nicht angelegt oder aktualisiert werden. Bitte wenden Sie sich an die Hilfe.
refusal-link-ambiguous-heading = Wir konnten Sie keinem einzelnen Konto zuordnen
refusal-link-ambiguous-text = Bitte wenden Sie sich an die Hilfe; sie kann sagen, welches Konto Ihres ist.
refusal-link-refused-heading = Wir konnten Sie keinem Konto zuordnen
refusal-link-refused-text = Melden Sie sich anders an oder wenden Sie sich an die Hilfe.
refusal-link-mismatch-heading = Zwei verschiedene Personen haben sich angemeldet
refusal-link-mismatch-text = Die Schritte dieser Anmeldung gehören zu verschiedenen Konten. Beginnen Sie mit einem davon neu oder wenden Sie sich an die Hilfe.
refusal-mfa-needs-account-heading = Diese Anwendung verlangt einen zweiten Schritt, der mit { $provider } nicht möglich ist
refusal-mfa-needs-account-text = Der zweite Schritt braucht ein Konto bei uns, und die Anmeldung mit { $provider } legt keines an. Melden Sie sich auf einem anderen Weg an oder wenden Sie sich an die Hilfe: Die Verwaltung kann die Anmeldung dieser Anwendung ändern.
refusal-mfa-unavailable-heading = Der zweite Schritt ist für Sie nicht möglich
refusal-mfa-unavailable-text = Diese Anwendung verlangt einen zweiten Schritt, der für Ihr Konto nicht eingerichtet ist. Melden Sie sich auf einem anderen Weg an oder wenden Sie sich an die Hilfe.
refusal-script-denied-heading = Sie dürfen diese Anwendung nicht verwenden
refusal-script-denied-text = Die Regeln dieser Anwendung lassen Sie nicht herein. Wenn das nicht stimmt, wenden Sie sich an die Hilfe.
refusal-script-error-heading = Die Anmeldung dieser Anwendung hat leider einen Fehler
refusal-script-error-text = Ihre Regeln konnten nicht ausgeführt werden. Bitte wenden Sie sich mit der Nummer unten an die Hilfe.
refusal-account-disabled-heading = Dieses Konto kann nicht verwendet werden
refusal-account-disabled-text = Bitte wenden Sie sich an die Hilfe.
refusal-app-access-denied-heading = Sie dürfen diese Anwendung nicht benutzen
refusal-app-access-denied-text = Verwenden Sie ein anderes Konto oder wenden Sie sich an die Hilfe.
refusal-bad-request-heading = Die Anwendung hat eine falsche Anfrage gesendet
refusal-bad-request-text = Sie wurden nicht angemeldet. Gehen Sie zur Anwendung zurück; wenn es wieder geschieht, sagen Sie es bitte deren Hilfe.
refusal-redirect-uri-mismatch-heading = Die Anwendung hat eine falsche Anfrage gesendet
refusal-redirect-uri-mismatch-text = Sie wollte Sie an eine Adresse schicken, die nicht für sie eingetragen ist. Deshalb halten wir hier an.
refusal-locked-heading = Zu viele Versuche
refusal-locked-text = Bitte warten Sie ein paar Minuten und versuchen Sie es dann noch einmal.
refusal-rate-limited-heading = Zu viele Versuche
refusal-rate-limited-text = Bitte warten Sie ein paar Minuten und versuchen Sie es dann noch einmal.
refusal-csrf-failed-heading = Dieses Formular kam nicht von unserer Seite
refusal-csrf-failed-text = Zu Ihrer Sicherheit wurde nichts getan. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
refusal-not-found-heading = Hier ist nichts
refusal-not-found-text = Die Adresse ist falsch, oder die Seite gibt es nicht mehr.
refusal-unavailable-heading = Die Anmeldung ist gerade nicht verfügbar
refusal-unavailable-text = Bitte versuchen Sie es in einer Minute noch einmal.
refusal-internal-heading = Entschuldigung, bei der Anmeldung ist etwas schiefgegangen
refusal-internal-text = Bitte versuchen Sie es später noch einmal. Wenn es anhält, wenden Sie sich bitte an die Hilfe.

signing-in-as = Anmeldung als
change = Ändern
find-way = Suchen
find-way-label = Nach Ihrer Organisation suchen
find-way-none = Nichts passt. Versuchen Sie ein anderes Wort.
find-way-more = Es gibt noch mehr. Geben Sie einen Teil des Namens ein, um Ihre zu finden.

link-heading = Konto verknüpfen
link-signed-in = Sie haben sich mit { $connection } als { $external } angemeldet.
link-text = Möglicherweise gibt es hier schon ein Konto für Sie. Wenn es Ihres ist, weisen Sie das einmal nach; danach können Sie sich mit beiden anmelden. Wenn Sie von keinem Konto wissen, fragen Sie den Helpdesk.
link-submit = Anmelden und verknüpfen
link-code-offer = Wenn das Konto eine E-Mail-Adresse hat, können wir einen Code dorthin senden.
link-code-send = Code senden
link-code-again = Neuen Code senden
link-code-sent = Wenn das Konto eine E-Mail-Adresse hat, ist ein Code dorthin unterwegs. Er gilt 5 Minuten und nur in diesem Browser.
link-code-label = Code aus der E-Mail
link-code-hint = 6 Ziffern
link-code-submit = Code prüfen und verknüpfen
link-code-no-more = In dieser Anmeldung können keine weiteren Codes gesendet werden.
link-cancel = Abbrechen
error-code-wrong = Dieser Code ist nicht richtig. Prüfen Sie ihn und versuchen Sie es erneut.
error-code-void = Dieser Code gilt nicht mehr.
error-code-void-send = Dieser Code gilt nicht mehr. Senden Sie einen neuen.

factor-continue = Weiter
factor-others = Einen anderen Weg verwenden
factor-choose = Etwas anderes einrichten
factor-lost-device = Gerät verloren?
factor-give-up = Abbrechen
factor-remember = { $days ->
    [one] Diesen Browser einen Tag lang merken
   *[other] Diesen Browser { $days } Tage lang merken
  }
factor-remember-hint = Nicht auf einem Computer, den auch andere benutzen.
factor-set-up-totp = Authenticator-App
factor-set-up-passkey = Passkey
factor-way-password = Ihr Passwort verwenden
factor-way-totp = Authenticator-App verwenden
factor-way-email-otp = Code per E-Mail senden
factor-app-heading = Öffnen Sie Ihre Authenticator-App
factor-app-text = Geben Sie den Code ein, den die App für dieses Konto zeigt.
factor-app-label = Code
factor-app-hint = 6 Ziffern
factor-mail-heading = Sehen Sie in Ihre E-Mails
factor-mail-text = Wir haben Ihnen einen Code geschickt.
factor-mail-sent = Ein Code ist unterwegs an { $address }. Er gilt 5 Minuten und nur in diesem Browser.
factor-mail-label = Code aus der E-Mail
factor-mail-hint = 6 Ziffern
factor-mail-again = Weiteren Code senden
factor-lost-heading = Wiederherstellungscode verwenden
factor-lost-text = Geben Sie einen der Codes ein, die Sie beim Einrichten des zweiten Schritts gesichert haben, oder einen, den Sie von der Hilfe haben. Jeder gilt einmal.
factor-lost-label = Wiederherstellungscode
factor-lost-hint = 10 Buchstaben und Ziffern
factor-help-heading = Hilfe bei der Anmeldung
factor-help-text = Sie haben hier keine Wiederherstellungscodes. Bitten Sie die Hilfe um einen Einmalcode und geben Sie ihn ein. Er gilt einmal.
factor-help-label = Code von der Hilfe
factor-help-hint = 10 Buchstaben und Ziffern
factor-choice-heading = Wählen Sie einen zweiten Schritt
factor-choice-text = { $application } verlangt einen zweiten Schritt. Wählen Sie, was Sie einrichten möchten.
factor-elsewhere-heading = Wählen Sie einen zweiten Schritt
factor-elsewhere-text = { $application } verlangt einen zweiten Schritt.
factor-new-app-heading = Richten Sie Ihren Authenticator ein
factor-new-app-text = { $application } verlangt einen zweiten Schritt. Sie brauchen eine Authenticator-App auf Ihrem Telefon.
factor-new-app-key-name = Schlüssel
factor-new-app-scan = Lesen Sie dieses Bild mit der App ein.
factor-new-app-qr = QR-Code für Ihre Authenticator-App
factor-new-app-open = Ist die App auf diesem Gerät? App öffnen
factor-new-app-key = Oder geben Sie diesen Schlüssel ein:
factor-new-app-confirm = Geben Sie den Code ein, den die App zeigt:
factor-new-app-label = Code
factor-new-app-hint = 6 Ziffern
codes-heading = Sichern Sie Ihre Wiederherstellungscodes
codes-text = Wenn Sie Ihr Gerät verlieren, lässt jeder dieser Codes Sie einmal herein. Sie werden nur jetzt gezeigt.
codes-name = Wiederherstellungscodes
codes-download = Herunterladen
error-codes-saved = Sichern Sie die Codes und setzen Sie dann den Haken
codes-saved = Ich habe diese Codes gesichert

factor-way-passkey = Passkey verwenden
passkey-sign-in = Mit Passkey anmelden
passkey-missing = Passkeys brauchen einen neueren Browser mit eingeschalteten Skripten. Verwenden Sie einen anderen Weg.
passkey-failed = Der Passkey kam nicht an, oder Sie haben abgebrochen. Versuchen Sie es erneut, oder verwenden Sie einen anderen Weg.
passkey-known = Dieses Gerät hat bereits einen Passkey für Ihr Konto. Verwenden Sie ein anderes Gerät.
passkey-ask-heading = Verwenden Sie Ihren Passkey
passkey-ask-text = { $application } verlangt einen zweiten Schritt. Ihr Gerät fragt nach Fingerabdruck, Gesicht oder Bildschirmsperre.
passkey-ask-button = Passkey verwenden
passkey-new-heading = Richten Sie einen Passkey ein
passkey-new-text = { $application } verlangt einen zweiten Schritt. Ein Passkey bleibt bei Ihrem Gerät, das jedes Mal nach Fingerabdruck, Gesicht oder Bildschirmsperre fragt.
passkey-new-button = Passkey anlegen
passkey-name-label = Name dieses Passkeys
passkey-name-hint = Damit Sie ihn wiedererkennen
passkey-name-on = { $browser } auf { $system }
passkey-name = Passkey
error-passkey = Dieser Passkey wurde nicht angenommen. Versuchen Sie es erneut, oder verwenden Sie einen anderen Weg.
