"""What a survey's page says of itself, in the languages that we speak; the questions are their maker's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Everything on the page that no survey's maker has written."""

    send: str
    optional: str
    wrong: str
    error: str
    missing: str
    not_one_of_these: str
    too_many: str
    too_long: str
    answered: str
    expired: str
    closed: str


_ENGLISH = Words(
    send="Send my answers",
    optional="optional",
    wrong="Something is missing or not quite right",
    error="Error",
    missing="please answer",
    not_one_of_these="please choose one of the answers",
    too_many="please give one answer only",
    too_long="please use no more than 4,000 characters",
    answered="You have already answered. Thank you!",
    expired="This link has expired.",
    closed="This survey is closed.",
)
_PORTUGUESE = Words(
    send="Enviar minhas respostas",
    optional="opcional",
    wrong="Falta algo ou algo não está certo",
    error="Erro",
    missing="responda, por favor",
    not_one_of_these="escolha uma das respostas, por favor",
    too_many="dê apenas uma resposta, por favor",
    too_long="use no máximo 4.000 caracteres, por favor",
    answered="Você já respondeu. Obrigado!",
    expired="Este link expirou.",
    closed="Esta pesquisa está encerrada.",
)
_SWEDISH = Words(
    send="Skicka mina svar",
    optional="frivillig",
    wrong="Något saknas eller stämmer inte",
    error="Fel",
    missing="svara på frågan",
    not_one_of_these="välj ett av svaren",
    too_many="ge bara ett svar",
    too_long="skriv högst 4 000 tecken",
    answered="Du har redan svarat. Tack!",
    expired="Länken har gått ut.",
    closed="Enkäten är stängd.",
)
_SPANISH = Words(
    send="Enviar mis respuestas",
    optional="opcional",
    wrong="Falta algo o algo no está bien",
    error="Error",
    missing="responda, por favor",
    not_one_of_these="elija una de las respuestas, por favor",
    too_many="dé una sola respuesta, por favor",
    too_long="use como máximo 4.000 caracteres, por favor",
    answered="Ya ha respondido. ¡Gracias!",
    expired="Este enlace ha caducado.",
    closed="Esta encuesta está cerrada.",
)
_BY_LANGUAGE = {"pt": _PORTUGUESE, "sv": _SWEDISH, "es": _SPANISH}


def words_in(language: str) -> Words:
    """Give the words in a language (BCP 47), or in English where we do not speak it."""
    return _BY_LANGUAGE.get(language.lower().partition("-")[0], _ENGLISH)
