"""Surveys and answers as FHIR R4 has them: Questionnaire and QuestionnaireResponse."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.kernel.identity import PatientId, derived
from shared.surveys.model import ChoiceQuestion, Question, RatingQuestion, Response, Survey, TextQuestion

SURVEYS = "urn:patient-engagement:survey"
ANSWERS = "urn:patient-engagement:survey-response"
_LOWEST = "http://hl7.org/fhir/StructureDefinition/minValue"
_HIGHEST = "http://hl7.org/fhir/StructureDefinition/maxValue"


def questionnaire_id(survey: Survey) -> str:
    return derived("questionnaire", survey.id, str(survey.version))


def questionnaire_response_id(survey_id: str, invitation_id: str) -> str:
    return derived("questionnaire response", survey_id, invitation_id)


def url_of(survey_id: str, address: str) -> str:
    """Give the canonical name of a survey, whatever its version; `address` is the house's own."""
    return f"{address.rstrip('/')}/Questionnaire/{survey_id}"


def questionnaire(survey: Survey, *, address: str) -> dict[str, Any]:
    """Spell one version of a survey, in its own language (http://hl7.org/fhir/R4/questionnaire.html).

    A rating is an integer from 1 to 5: answers can then be added up. It is active as what was asked, even
    where nobody is asked it any more.
    """
    return {
        "resourceType": "Questionnaire",
        "id": questionnaire_id(survey),
        "language": survey.language,
        "url": url_of(survey.id, address),
        "identifier": [{"system": SURVEYS, "value": f"{survey.id}~{survey.version}"}],
        "version": str(survey.version),
        "title": survey.title,
        "status": "active",
        "subjectType": ["Patient"],
        "item": [_item(question) for question in survey.questions],
    }


def questionnaire_response(
    response: Response, survey: Survey, subject: PatientId, *, address: str
) -> dict[str, Any]:
    """Spell what a patient answered (http://hl7.org/fhir/R4/questionnaireresponse.html), options in words."""
    patient = {"reference": f"Patient/{subject}"}
    given = {one.question_id: one.given.value for one in response.answers}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": questionnaire_response_id(response.survey_id, response.invitation_id),
        "identifier": {"system": ANSWERS, "value": f"{response.survey_id}~{response.invitation_id}"},
        "questionnaire": f"{url_of(survey.id, address)}|{survey.version}",
        "status": "completed",
        "subject": patient,
        "authored": response.answered_at.isoformat(),
        "source": patient,
        "item": list(_answered(survey, given)),
    }


def _item(question: Question) -> dict[str, Any]:
    item: dict[str, Any] = {
        "linkId": question.id,
        "text": question.text,
        "type": _type_of(question),
        "required": question.required,
    }
    match question:
        case RatingQuestion():
            bounds = ((_LOWEST, 1), (_HIGHEST, 5))
            return {"extension": [{"url": url, "valueInteger": bound} for url, bound in bounds], **item}
        case ChoiceQuestion(options=options, several=several):
            return {**item, "repeats": several, "answerOption": [{"valueString": one} for one in options]}
        case TextQuestion():
            return item


def _type_of(question: Question) -> str:
    match question:
        case RatingQuestion():
            return "integer"
        case ChoiceQuestion():
            return "choice"
        case TextQuestion(long=long):
            return "text" if long else "string"


def _answered(survey: Survey, given: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    for question in survey.questions:
        if question.id in given:
            answers = [_value(question, one) for one in given[question.id]]
            yield {"linkId": question.id, "text": question.text, "answer": answers}


def _value(question: Question, given: str) -> dict[str, Any]:
    return {"valueInteger": int(given)} if isinstance(question, RatingQuestion) else {"valueString": given}
