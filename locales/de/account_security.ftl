# Die Kontoseite: wie sich eine Person anmeldet, und was verknüpft ist.
account-nav-security = Sicherheit
account-nav-linked = Verknüpfte Konten

account-flash-password = Ihr Passwort wurde geändert. Andere Browser wurden abgemeldet.
account-flash-app = Die Authenticator-App wurde hinzugefügt.
account-flash-passkey = Der Passkey wurde hinzugefügt.
account-flash-codes = Ihre neuen Wiederherstellungscodes gelten ab jetzt.
account-flash-renamed = Umbenannt.
account-flash-removed = Entfernt. Andere Browser wurden abgemeldet.
account-flash-linked = Verknüpft. Ab jetzt können Sie sich damit anmelden.
account-flash-not-linked = Es wurde nichts verknüpft.
account-flash-unlinked = Die Verknüpfung ist aufgehoben. Was damit geöffnet wurde, ist beendet.

account-security-heading = Wie Sie sich anmelden
account-security-lead = Bevor Sie hier etwas ändern, müssen Sie sich vielleicht erneut anmelden.

account-password-heading = Passwort
account-password-there = Sie haben ein Passwort.
account-password-none = Sie haben kein Passwort: Sie melden sich auf andere Weise an.
account-password-change = Passwort ändern
account-password-set = Passwort festlegen
account-password-effect = Jeder andere Browser wird abgemeldet, und kein Browser bleibt gemerkt.
account-password-current = Jetziges Passwort
account-password-save = Passwort speichern
account-error-password-current = Das ist nicht Ihr jetziges Passwort

account-passkeys-heading = Passkeys
account-passkeys-text = Ein Passkey bleibt bei Ihrem Gerät, das nach Fingerabdruck, Gesicht oder Bildschirmsperre fragt.
account-passkeys-add = Passkey hinzufügen
account-passkeys-impossible = Unter dieser Adresse sind keine Passkeys möglich.
account-passkey-backed-up = In der Cloud gesichert
account-passkey-one-device = Nur auf einem Gerät
account-error-passkey = Dieser Passkey konnte nicht hinzugefügt werden. Versuchen Sie es noch einmal.

account-apps-heading = Authenticator-Apps
account-apps-text = Eine App auf Ihrem Telefon, die einen Code aus sechs Ziffern zeigt.
account-apps-add = Authenticator-App hinzufügen
account-apps-confirm = Code prüfen und hinzufügen
account-app-name = Authenticator-App

account-device-since = Hinzugefügt
account-device-used = zuletzt verwendet
account-device-unused = noch nicht verwendet
account-device-change = Ändern
account-device-name = Name
account-device-name-hint = Damit Sie es wiedererkennen
account-device-rename = Umbenennen
account-device-remove = Entfernen
account-device-remove-effect = Damit kann man sich dann nicht mehr anmelden. Jeder andere Browser wird abgemeldet.
account-device-remove-button = Entfernen
account-device-last = Das ist Ihr letzter zweiter Schritt. Ihre Wiederherstellungscodes gehen mit ihm. Eine Anwendung, die einen zweiten Schritt verlangt, bittet Sie dann, wieder einen einzurichten.
account-error-too-many-devices = Sie haben zu viele Geräte. Entfernen Sie eines, das Sie nicht verwenden
account-error-name-empty = Geben Sie einen Namen ein

account-codes-heading = Wiederherstellungscodes
account-codes-about = Wenn Sie Ihr Gerät verlieren, steht jeder dieser Codes einmal dafür ein.
account-codes-later = Wiederherstellungscodes bekommen Sie mit Ihrem ersten Passkey oder Ihrer ersten Authenticator-App.
account-codes-left =
    { $left ->
        [0] Sie haben keine Codes mehr.
        [one] Sie haben noch einen Code.
       *[other] Sie haben noch { $left } Codes.
    }
account-codes-make = Neue Codes erstellen
account-codes-new-heading = Neue Wiederherstellungscodes erstellen
account-codes-replace = Die neuen Codes ersetzen die jetzigen, sobald Sie sagen, dass Sie sie gespeichert haben.
account-codes-save = Sie werden nur jetzt gezeigt und gelten, sobald Sie sagen, dass Sie sie gespeichert haben. Frühere Codes gelten dann nicht mehr.
account-codes-use = Diese Codes verwenden
account-error-codes-alone = Wiederherstellungscodes stehen für einen Passkey oder eine Authenticator-App ein: fügen Sie zuerst so etwas hinzu

account-linked-heading = Verknüpfte Konten
account-linked-lead = Mit einem Konto, das hier verknüpft ist, können Sie sich bei diesem anmelden.
account-linked-none = Mit Ihrem Konto ist nichts verknüpft.
account-linked-since = verknüpft
account-linked-used = zuletzt verwendet
account-linked-gone = Ein Anbieter, den es hier nicht mehr gibt
account-linked-made = Hat dieses Konto angelegt
account-linked-rule = Nach einer Regel dieser Organisation verknüpft
account-linked-proved = Verknüpft, als Sie sich damit anmeldeten
account-linked-admin = Von der Administration verknüpft
account-linked-person = Von Ihnen verknüpft
account-link-heading = Ein weiteres Konto verknüpfen
account-link-text = Sie melden sich dort noch einmal an, kommen zurück und bestätigen.
account-link-with = { $connection } verknüpfen
account-link-unreachable = Dieser Anbieter antwortet nicht. Versuchen Sie es in einer Minute noch einmal
account-link-confirm-heading = Dieses Konto verknüpfen?
account-link-confirm-who = Sie haben sich mit { $connection } als { $external } angemeldet.
account-link-confirm-effect = Wer sich damit anmeldet, gelangt dann in Ihr Konto { $name }.
account-link-confirm = Verknüpfen
account-link-taken = Dieses Konto ist hier mit einem anderen Konto verknüpft oder war der Anfang eines anderen. Dabei bleibt es; fragen Sie den Helpdesk, wenn das nicht stimmt
account-link-several = Sie haben schon ein Konto dieses Anbieters verknüpft. Heben Sie diese Verknüpfung zuerst auf
account-link-yours = Dieses Konto ist schon mit Ihrem verknüpft
account-unlink = Verknüpfung aufheben
account-unlink-heading = Verknüpfung mit { $connection } aufheben?
account-unlink-effect = Sie können sich damit dann nicht mehr anmelden, und was damit geöffnet wurde, endet: Sie müssen sich vielleicht neu anmelden.
account-last-way-in = Das ist der letzte Weg in Ihr Konto, darum bleibt er. Fügen Sie zuerst einen anderen hinzu: ein Passwort, einen Passkey oder ein anderes verknüpftes Konto, das bei der Anmeldung angeboten wird.
