"""The Patient, and the RelatedPerson who looks after a child or a frail parent."""

from local.sample.codes import coding, hl7, reference
from local.sample.contact_points import contact_points, guardians_phone
from local.sample.countries.country import City, Country
from local.sample.draw import Draw
from local.sample.person import Person, practitioner_of
from shared.fhir.ports import Resource

_MEDICAL_RECORD = hl7("v2-0203", "MR", "Medical record number")
_MOTHER = hl7("v3-RoleCode", "MTH", "mother")
_FATHER = hl7("v3-RoleCode", "FTH", "father")
_DAUGHTER = hl7("v3-RoleCode", "DAU", "natural daughter")
_SON = hl7("v3-RoleCode", "SON", "natural son")


def patient(person: Person, draw: Draw) -> Resource:
    """Spell the person as a FHIR Patient."""
    made: Resource = {
        "resourceType": "Patient",
        "id": person.id,
        "identifier": [
            {
                "use": "usual",
                "type": _MEDICAL_RECORD,
                "system": "https://hospital.example.org/mrn",
                "value": f"{person.number:08d}",
            }
        ],
        "active": person.is_active,
        "name": [_name(person)],
        "gender": person.gender,
        "birthDate": person.born_on.isoformat(),
        "address": [_address(person, draw)],
        "communication": _languages(person, draw),
        "generalPractitioner": [reference("Practitioner", practitioner_of(person))],
        "managingOrganization": reference("Organization", person.clinic),
    }
    if telecom := contact_points(person, draw):
        made["telecom"] = telecom
    if person.died_on:
        made["deceasedDateTime"] = person.died_on.isoformat()
    if person.replaced_by:
        made["link"] = [{"other": reference("Patient", person.replaced_by), "type": "replaced-by"}]
    return made


def related_people(person: Person, draw: Draw) -> list[Resource]:
    """Give every child a parent, and some of the old a daughter or son."""
    if person.age >= 18 and not (person.age >= 75 and draw.chance(0.25)):
        return []
    is_woman = draw.chance(0.6)
    return [
        {
            "resourceType": "RelatedPerson",
            "id": f"{person.id}-kin",
            "active": True,
            "patient": reference("Patient", person.id),
            "relationship": [_kinship(is_child=person.age < 18, is_woman=is_woman)],
            "name": [
                {
                    "use": "official",
                    "family": " ".join(person.families),
                    "given": [draw.one_of(person.country.women if is_woman else person.country.men)],
                }
            ],
            "telecom": [guardians_phone(person)],
            "communication": [_own_language(person.country, preferred=True)],
        }
    ]


def postcode(city: City, draw: Draw) -> str:
    """Fill in a pattern: `#` a digit, `@` a letter no postal code leaves out."""
    signs = {"#": "0123456789", "@": "ABDEFGHJLNPQRSTUWXYZ"}
    return "".join(draw.one_of(signs[sign]) if sign in signs else sign for sign in city.postcode)


def _name(person: Person) -> Resource:
    family = " ".join(person.families)
    return {
        "use": "official",
        "text": f"{' '.join(person.given)} {family}",
        "family": family,
        "given": list(person.given),
    }


def _address(person: Person, draw: Draw) -> Resource:
    country, city = person.country, person.city
    line = country.street_line.format(street=draw.one_of(country.streets), number=draw.between(1, 180))
    address: Resource = {
        "use": "home",
        "line": [line],
        "city": city.name,
        "postalCode": postcode(city, draw),
        "country": country.code,
    }
    return address | {"state": city.state} if city.state else address


def _languages(person: Person, draw: Draw) -> list[Resource]:
    """Name the country's language; a few people prefer another and speak both."""
    country = person.country
    prefers_other = draw.chance(0.04)
    own = _own_language(country, preferred=not prefers_other)
    return [own, _language(*country.second_language, preferred=True)] if prefers_other else [own]


def _own_language(country: Country, *, preferred: bool) -> Resource:
    return _language(country.language, country.language_name, preferred=preferred)


def _language(tag: str, name: str, *, preferred: bool) -> Resource:
    return {
        "language": {"coding": [coding("urn:ietf:bcp:47", tag, name)], "text": name},
        "preferred": preferred,
    }


def _kinship(*, is_child: bool, is_woman: bool) -> Resource:
    if is_child:
        return _MOTHER if is_woman else _FATHER
    return _DAUGHTER if is_woman else _SON
