//! The texts of the pages.

use super::Language;

/// A text with `{address}` and `{sender}` where these belong.
pub(super) type Sentence = &'static str;

/// The texts in one language.
pub(super) struct Texts {
    pub(super) ask_title: &'static str,
    pub(super) ask: Sentence,
    pub(super) ask_button: &'static str,
    pub(super) done_title: &'static str,
    pub(super) done: Sentence,
    pub(super) mistake: &'static str,
    pub(super) mistake_button: &'static str,
    pub(super) undone_title: &'static str,
    pub(super) undone: Sentence,
    pub(super) late_title: &'static str,
    pub(super) late: Sentence,
    pub(super) refused_title: &'static str,
    pub(super) refused: Sentence,
    pub(super) unavailable_title: &'static str,
    pub(super) unavailable: Sentence,
    pub(super) back: Sentence,
}

/// The texts in a language.
pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
        Language::Italian => &ITALIAN,
        Language::Portuguese => &PORTUGUESE,
        Language::Japanese => &JAPANESE,
        Language::Chinese => &CHINESE,
    }
}

static ENGLISH: Texts = Texts {
    ask_title: "Unsubscribe",
    ask: "Do you want to stop receiving these e-mails from {sender} at {address}?",
    ask_button: "Unsubscribe",
    done_title: "You are unsubscribed",
    done: "{sender} will no longer send these e-mails to {address}.",
    mistake: "Was this a mistake?",
    mistake_button: "Undo",
    undone_title: "You are still subscribed",
    undone: "{address} will continue to receive these e-mails from {sender}.",
    late_title: "It is too late to undo this",
    late: "An unsubscribe can be undone for one hour. To receive these e-mails from {sender} at {address} again, sign up for them again or write to the sender.",
    refused_title: "This link is not valid",
    refused: "Use the link in the latest e-mail that you received, or write to the sender.",
    unavailable_title: "Please try again later",
    unavailable: "Your request could not be completed. Please try again in a few minutes.",
    back: "Go to {sender}",
};

static GERMAN: Texts = Texts {
    ask_title: "Abmelden",
    ask: "Möchten Sie diese E-Mails von {sender} an {address} nicht mehr erhalten?",
    ask_button: "Abmelden",
    done_title: "Sie sind abgemeldet",
    done: "{sender} schickt diese E-Mails nicht mehr an {address}.",
    mistake: "War das ein Versehen?",
    mistake_button: "Rückgängig machen",
    undone_title: "Sie bleiben angemeldet",
    undone: "{address} erhält diese E-Mails weiterhin von {sender}.",
    late_title: "Das lässt sich nicht mehr rückgängig machen",
    late: "Eine Abmeldung lässt sich nur eine Stunde lang rückgängig machen. Wenn Sie diese E-Mails von {sender} wieder an {address} erhalten möchten, melden Sie sich neu an oder schreiben Sie dem Absender.",
    refused_title: "Dieser Link ist ungültig",
    refused: "Verwenden Sie den Link in der neuesten E-Mail, die Sie erhalten haben, oder schreiben Sie dem Absender.",
    unavailable_title: "Bitte versuchen Sie es später noch einmal",
    unavailable: "Ihre Anfrage konnte nicht ausgeführt werden. Bitte versuchen Sie es in einigen Minuten noch einmal.",
    back: "Zu {sender}",
};

static FRENCH: Texts = Texts {
    ask_title: "Se désabonner",
    ask: "Voulez-vous ne plus recevoir ces e-mails de {sender} à l’adresse {address}\u{a0}?",
    ask_button: "Se désabonner",
    done_title: "Désabonnement confirmé",
    done: "{sender} n’enverra plus ces e-mails à {address}.",
    mistake: "C’était une erreur\u{a0}?",
    mistake_button: "Annuler le désabonnement",
    undone_title: "Votre abonnement continue",
    undone: "{address} continuera de recevoir ces e-mails de {sender}.",
    late_title: "Il est trop tard pour annuler",
    late: "Un désabonnement ne peut être annulé que pendant une heure. Pour recevoir de nouveau ces e-mails de {sender} à l’adresse {address}, abonnez-vous de nouveau ou écrivez à l’expéditeur.",
    refused_title: "Ce lien n’est pas valide",
    refused: "Utilisez le lien du dernier e-mail que vous avez reçu, ou écrivez à l’expéditeur.",
    unavailable_title: "Veuillez réessayer plus tard",
    unavailable: "Votre demande n’a pas pu être traitée. Veuillez réessayer dans quelques minutes.",
    back: "Aller sur {sender}",
};

static SPANISH: Texts = Texts {
    ask_title: "Cancelar la suscripción",
    ask: "¿Quiere dejar de recibir estos correos de {sender} en {address}?",
    ask_button: "Cancelar la suscripción",
    done_title: "Se ha cancelado su suscripción",
    done: "{sender} ya no enviará estos correos a {address}.",
    mistake: "¿Ha sido un error?",
    mistake_button: "Deshacer",
    undone_title: "Su suscripción sigue activa",
    undone: "{address} seguirá recibiendo estos correos de {sender}.",
    late_title: "Ya no se puede deshacer",
    late: "Una cancelación solo se puede deshacer durante una hora. Para volver a recibir estos correos de {sender} en {address}, suscríbase de nuevo o escriba al remitente.",
    refused_title: "Este enlace no es válido",
    refused: "Use el enlace del último correo que ha recibido o escriba al remitente.",
    unavailable_title: "Vuelva a intentarlo más tarde",
    unavailable: "No se ha podido completar su solicitud. Vuelva a intentarlo dentro de unos minutos.",
    back: "Ir a {sender}",
};

static ITALIAN: Texts = Texts {
    ask_title: "Annulla l’iscrizione",
    ask: "Vuole smettere di ricevere queste e-mail da {sender} all’indirizzo {address}?",
    ask_button: "Annulla l’iscrizione",
    done_title: "Iscrizione annullata",
    done: "{sender} non invierà più queste e-mail a {address}.",
    mistake: "È stato un errore?",
    mistake_button: "Ripristina",
    undone_title: "L’iscrizione resta attiva",
    undone: "{address} continuerà a ricevere queste e-mail da {sender}.",
    late_title: "Non è più possibile ripristinare l’iscrizione",
    late: "L’iscrizione si può ripristinare solo entro un’ora. Per ricevere di nuovo queste e-mail da {sender} all’indirizzo {address}, si iscriva di nuovo oppure scriva al mittente.",
    refused_title: "Questo link non è valido",
    refused: "Usi il link nell’ultima e-mail ricevuta oppure scriva al mittente.",
    unavailable_title: "Riprovi più tardi",
    unavailable: "Non è stato possibile completare la richiesta. Riprovi tra qualche minuto.",
    back: "Vai a {sender}",
};

static PORTUGUESE: Texts = Texts {
    ask_title: "Cancelar a subscrição",
    ask: "Quer deixar de receber estes e-mails de {sender} em {address}?",
    ask_button: "Cancelar a subscrição",
    done_title: "Subscrição cancelada",
    done: "{sender} não enviará mais estes e-mails para {address}.",
    mistake: "Foi um engano?",
    mistake_button: "Desfazer",
    undone_title: "A subscrição continua ativa",
    undone: "{address} continuará a receber estes e-mails de {sender}.",
    late_title: "Já não é possível desfazer",
    late: "Um cancelamento só pode ser desfeito durante uma hora. Para voltar a receber estes e-mails de {sender} em {address}, subscreva-os de novo ou escreva ao remetente.",
    refused_title: "Este link não é válido",
    refused: "Use o link do último e-mail que recebeu ou escreva ao remetente.",
    unavailable_title: "Tente novamente mais tarde",
    unavailable: "Não foi possível concluir o pedido. Tente novamente dentro de alguns minutos.",
    back: "Ir para {sender}",
};

static JAPANESE: Texts = Texts {
    ask_title: "配信停止",
    ask: "{sender} から {address} へのこのメールの配信を停止しますか？",
    ask_button: "配信を停止する",
    done_title: "配信を停止しました",
    done: "今後、{sender} から {address} にこのメールは届きません。",
    mistake: "誤って停止しましたか？",
    mistake_button: "元に戻す",
    undone_title: "配信を続けます",
    undone: "引き続き、{sender} から {address} にこのメールが届きます。",
    late_title: "元に戻せる期間が過ぎました",
    late: "配信停止を元に戻せるのは 1 時間以内です。{sender} から {address} へのこのメールを再び受け取るには、もう一度登録するか、送信者にお問い合わせください。",
    refused_title: "このリンクは無効です",
    refused: "最後に届いたメールのリンクを使うか、送信者にお問い合わせください。",
    unavailable_title: "しばらくしてからもう一度お試しください",
    unavailable: "処理を完了できませんでした。数分後にもう一度お試しください。",
    back: "{sender} のサイトへ",
};

static CHINESE: Texts = Texts {
    ask_title: "退订",
    ask: "是否不再接收 {sender} 发送到 {address} 的此类邮件？",
    ask_button: "退订",
    done_title: "您已退订",
    done: "{sender} 将不再向 {address} 发送此类邮件。",
    mistake: "是误操作吗？",
    mistake_button: "撤销",
    undone_title: "您仍处于订阅状态",
    undone: "{address} 将继续收到 {sender} 发送的此类邮件。",
    late_title: "已无法撤销",
    late: "退订只能在一小时内撤销。如需在 {address} 继续接收 {sender} 发送的此类邮件，请重新订阅或联系发件人。",
    refused_title: "此链接无效",
    refused: "请使用您收到的最新邮件中的链接，或联系发件人。",
    unavailable_title: "请稍后再试",
    unavailable: "您的请求未能完成。请几分钟后再试。",
    back: "前往 {sender}",
};

#[cfg(test)]
mod tests {
    use super::{Language, texts};

    #[test]
    fn each_sentence_has_its_parts_and_no_markup() {
        for language in Language::ALL {
            let texts = texts(*language);
            for sentence in [texts.ask, texts.done, texts.undone, texts.late] {
                assert!(sentence.contains("{address}") && sentence.contains("{sender}"), "{sentence}");
            }
            assert!(texts.back.contains("{sender}"), "{}", texts.back);
            let titles = [texts.ask_title, texts.done_title, texts.undone_title, texts.late_title, texts.refused_title];
            let fixed = [texts.refused, texts.unavailable, texts.mistake, texts.ask_button, texts.mistake_button];
            for text in titles.iter().chain(&fixed).chain(&[texts.unavailable_title]) {
                assert!(!text.is_empty() && !text.contains(['{', '}', '<', '&']), "{text}");
            }
        }
    }
}
