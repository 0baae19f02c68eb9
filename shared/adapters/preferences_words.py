"""What the preference centre says of itself, in the languages that we speak; names are the profile's."""

from dataclasses import dataclass

from shared.consent.model import Purpose
from shared.patients.model import Channel


@dataclass(frozen=True, slots=True)
class Words:
    """Everything on the page that no profile's maker has written."""

    title: str
    saved: str
    unsubscribed: str
    expired: str
    this_one: str
    only_no: str
    yes: str
    no: str
    save: str
    stop: str
    confirm: str
    confirm_what: str
    confirmed: str
    closed: str
    copies: str
    channels: dict[Channel, str]
    purposes: dict[Purpose, str]


_ENGLISH = Words(
    title="What may we write to you about?",
    saved="Thank you. We have noted what you said.",
    unsubscribed="You will get no more of these messages.",
    expired="This link has expired. A newer message from us has a newer one, or ring us.",
    this_one="the address this message came to",
    only_no="Here you can only say no. To say yes, use a link that came to this address or number.",
    yes="Yes",
    no="No",
    save="Save",
    stop="Stop these messages",
    confirm="Confirm",
    confirm_what="Do you want messages about this?",
    confirmed="Thank you. It is confirmed.",
    closed="This link is no longer valid. If you want these messages, tell us again, or ring us.",
    copies="Copies of what somebody close to you is written",
    channels={
        Channel.EMAIL: "E-mail",
        Channel.SMS: "Text message",
        Channel.PUSH: "App",
        Channel.LETTER: "Letter",
    },
    purposes={
        Purpose.COMMERCIAL: "Offers and invitations",
        Purpose.TRANSACTIONAL: "Messages about your care",
        Purpose.TRACKING: "Noting whether you open our messages",
    },
)
_PORTUGUESE = Words(
    title="Sobre o que podemos lhe escrever?",
    saved="Obrigado. Anotamos o que você disse.",
    unsubscribed="Você não receberá mais estas mensagens.",
    expired="Este link expirou. Uma mensagem mais recente nossa traz um novo, ou ligue para nós.",
    this_one="o endereço ao qual esta mensagem chegou",
    only_no="Aqui você só pode dizer não. Para dizer sim, use um link enviado a este endereço ou número.",
    yes="Sim",
    no="Não",
    save="Salvar",
    stop="Parar estas mensagens",
    confirm="Confirmar",
    confirm_what="Você quer receber mensagens sobre isto?",
    confirmed="Obrigado. Está confirmado.",
    closed="Este link já não vale. Se quiser estas mensagens, diga-nos outra vez, ou ligue para nós.",
    copies="Cópias do que escrevemos a uma pessoa próxima de você",
    channels={
        Channel.EMAIL: "E-mail",
        Channel.SMS: "Mensagem de texto",
        Channel.PUSH: "Aplicativo",
        Channel.LETTER: "Carta",
    },
    purposes={
        Purpose.COMMERCIAL: "Ofertas e convites",
        Purpose.TRANSACTIONAL: "Mensagens sobre seu tratamento",
        Purpose.TRACKING: "Anotar se você abre nossas mensagens",
    },
)
_SWEDISH = Words(
    title="Vad får vi skriva till dig om?",
    saved="Tack. Vi har antecknat vad du sagt.",
    unsubscribed="Du får inga fler sådana meddelanden.",
    expired="Länken har gått ut. Ett nyare meddelande från oss har en ny, eller ring oss.",
    this_one="adressen som meddelandet kom till",
    only_no="Här kan du bara säga nej. För att säga ja, använd en länk som kom till adressen eller numret.",
    yes="Ja",
    no="Nej",
    save="Spara",
    stop="Stoppa sådana meddelanden",
    confirm="Bekräfta",
    confirm_what="Vill du få meddelanden om detta?",
    confirmed="Tack. Det är bekräftat.",
    closed="Länken gäller inte längre. Vill du ha meddelandena, säg till oss igen, eller ring oss.",
    copies="Kopior av det som någon i din närhet får",
    channels={
        Channel.EMAIL: "E-post",
        Channel.SMS: "Sms",
        Channel.PUSH: "App",
        Channel.LETTER: "Brev",
    },
    purposes={
        Purpose.COMMERCIAL: "Erbjudanden och inbjudningar",
        Purpose.TRANSACTIONAL: "Meddelanden om din vård",
        Purpose.TRACKING: "Anteckna om du öppnar våra meddelanden",
    },
)
_SPANISH = Words(
    title="¿Sobre qué podemos escribirle?",
    saved="Gracias. Hemos anotado lo que ha dicho.",
    unsubscribed="No recibirá más mensajes de este tipo.",
    expired="Este enlace ha caducado. Un mensaje nuestro más reciente trae otro, o llámenos.",
    this_one="la dirección a la que llegó este mensaje",
    only_no="Aquí solo puede decir no. Para decir sí, use un enlace enviado a esta dirección o número.",
    yes="Sí",
    no="No",
    save="Guardar",
    stop="No recibir más estos mensajes",
    confirm="Confirmar",
    confirm_what="¿Desea recibir mensajes sobre esto?",
    confirmed="Gracias. Está confirmado.",
    closed="Este enlace ya no es válido. Si desea estos mensajes, díganoslo de nuevo, o llámenos.",
    copies="Copias de lo que escribimos a alguien cercano a usted",
    channels={
        Channel.EMAIL: "Correo electrónico",
        Channel.SMS: "Mensaje de texto",
        Channel.PUSH: "Aplicación",
        Channel.LETTER: "Carta",
    },
    purposes={
        Purpose.COMMERCIAL: "Ofertas e invitaciones",
        Purpose.TRANSACTIONAL: "Mensajes sobre su atención",
        Purpose.TRACKING: "Anotar si abre nuestros mensajes",
    },
)
_BY_LANGUAGE = {"pt": _PORTUGUESE, "sv": _SWEDISH, "es": _SPANISH}


def words_in(language: str) -> Words:
    """Give the words in a language (BCP 47), or in English where we do not speak it."""
    return _BY_LANGUAGE.get(language.lower().partition("-")[0], _ENGLISH)
