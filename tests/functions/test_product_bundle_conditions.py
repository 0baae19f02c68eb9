"""Bundles that say by a condition which resource is meant: R4's http.html#ccreate and its like (FH-6)."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.fhir.ports import SearchParameters
from tests.support.bundles import (
    BOTH,
    KNEE,
    a_knee,
    bundle,
    gone,
    mapped,
    outcomes,
    post,
    put,
    sent,
)
from tests.support.fhir_people import a_patient
from tests.support.product import Answer, Product

MRN = "https://clinic.example/mrn"
MARIA = f"identifier={MRN}|MRN-maria"
ZOE = f"identifier={MRN}|MRN-zoe"


def zoe(**more: Any) -> dict[str, Any]:
    made = a_patient("zoe", family="O'Connor", given="Zoë")
    return {name: held for name, held in made.items() if name != "id"} | more


def unless_there(condition: str, resource: dict[str, Any], **entry: Any) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": condition}
    return {"resource": resource, "request": request} | entry


def put_where(condition: str, resource: dict[str, Any], **request: Any) -> dict[str, Any]:
    url = f"{resource['resourceType']}?{condition}"
    return {"resource": resource, "request": {"method": "PUT", "url": url} | request}


def gone_where(type_: str, condition: str) -> dict[str, Any]:
    return {"request": {"method": "DELETE", "url": f"{type_}?{condition}"}}


def ids(answer: Answer) -> list[str]:
    return [one["id"] for one in answer.json["results"]]


def all_of(product: Product, type_: str) -> Mapping[str, dict[str, Any]]:
    found = product.app.record.search(type_, SearchParameters([("_count", "100")])).matches
    return {one["id"]: one for one in found}


@pytest.fixture(autouse=True)
def maria(product: Product) -> None:
    product.write(a_patient("maria"))
    product.run()


@BOTH
class TestWhatIsMadeUnlessItIsThere:
    def test_is_made_once_and_never_again(self, product: Product) -> None:
        new = bundle("transaction", unless_there(ZOE, zoe()))

        first, again = sent(product, new), sent(product, new)

        assert (outcomes(first), outcomes(again)) == (["created"], ["unchanged"])
        assert ids(first) == ids(again)
        assert set(all_of(product, "Patient")) == {"maria", *ids(first)}

    def test_is_called_by_its_condition_whatever_uuid_it_comes_with(self, product: Product) -> None:
        """Sent twice at a time, neither search finds the other's: only the id makes them one."""
        new = unless_there(ZOE, zoe(), fullUrl=f"urn:uuid:{KNEE}")
        twice = unless_there(ZOE, zoe(), fullUrl=f"urn:uuid:{KNEE.replace('3', '4')}")
        knee = a_knee(subject={"reference": f"urn:uuid:{KNEE}"})

        both = sent(product, bundle("batch", new, twice))
        first = sent(product, bundle("transaction", new, put(knee)))

        assert (both.status, both.fields) == (400, {"entry[1]"})
        assert outcomes(first) == ["created", "created"]
        assert KNEE not in ids(first)
        assert all_of(product, "Condition")["knee"]["subject"]["reference"] == f"Patient/{ids(first)[0]}"

    def test_is_the_one_that_was_there_to_all_that_refers_to_it(self, product: Product) -> None:
        knee = a_knee(subject={"reference": f"urn:uuid:{KNEE}"})
        maria = {**zoe(), "name": [{"family": "Other"}]}

        answer = sent(
            product,
            bundle("transaction", unless_there(MARIA, maria, fullUrl=f"urn:uuid:{KNEE}"), put(knee)),
        )

        assert outcomes(answer) == ["unchanged", "created"]
        assert all_of(product, "Condition")["knee"]["subject"]["reference"] == "Patient/maria"
        assert "Other" not in str(all_of(product, "Patient"))

    def test_is_refused_where_several_are_meant(self, product: Product) -> None:
        product.write({**a_patient("twin"), "identifier": [{"system": MRN, "value": "MRN-maria"}]})
        entries = unless_there(MARIA, zoe()), put(a_knee())

        whole = sent(product, bundle("transaction", *entries))
        each = sent(product, bundle("batch", *entries))

        assert (whole.status, whole.fields) == (412, {"entry[0]"})
        assert outcomes(each) == ["refused", "created"]
        assert each.json["results"][0]["why"] == "several resources meet its condition"

    def test_never_writes_over_what_it_once_was(self, product: Product) -> None:
        new = bundle("transaction", unless_there(ZOE, zoe()))
        (id_,) = ids(sent(product, new))
        product.write({**zoe(), "id": id_, "identifier": [{"system": MRN, "value": "corrected"}]})

        again = sent(product, new)

        assert (again.status, again.fields) == (412, {"entry[0]"})
        assert all_of(product, "Patient")[id_]["identifier"][0]["value"] == "corrected"


@BOTH
class TestWhatIsWrittenOverWhatMeetsACondition:
    def test_finds_it_or_makes_it(self, product: Product) -> None:
        grown = {**zoe(), "identifier": [{"system": MRN, "value": "MRN-maria"}], "gender": "other"}
        there = put_where(MARIA, grown)

        assert outcomes(sent(product, bundle("transaction", there))) == ["updated"]
        assert outcomes(sent(product, bundle("transaction", there))) == ["unchanged"]
        assert all_of(product, "Patient")["maria"]["gender"] == "other"

        new = bundle("transaction", put_where(ZOE, zoe()))
        assert (outcomes(sent(product, new)), outcomes(sent(product, new))) == (["created"], ["unchanged"])

    def test_must_be_the_version_that_is_named(self, product: Product) -> None:
        grown = {**a_patient("maria"), "gender": "other"}

        stale = sent(product, bundle("transaction", put_where(MARIA, grown, ifMatch='W/"9"')))
        nobody = sent(product, bundle("transaction", put_where(ZOE, zoe(), ifMatch='W/"1"')))
        current = sent(product, bundle("transaction", put_where(MARIA, grown, ifMatch='W/"1"')))

        assert (stale.status, nobody.status, outcomes(current)) == (412, 412, ["updated"])

    def test_must_not_call_it_by_another_id(self, product: Product) -> None:
        answer = sent(product, bundle("transaction", put_where(MARIA, zoe(id="zoe"))))

        assert (answer.status, answer.fields) == (400, {"entry[0].resource.id"})
        assert set(all_of(product, "Patient")) == {"maria"}


@BOTH
class TestWhatIsDeletedWhereItMeetsACondition:
    def test_goes_as_far_as_the_map_lets_it(self, product: Product) -> None:
        product.write(a_knee(identifier=[{"system": "urn:case", "value": "7"}]))
        away = bundle("batch", gone_where("Condition", "identifier=urn:case|7"))

        assert outcomes(sent(product, away)) == ["refused"]
        mapped(product, "Condition", "read", "create", "delete")
        assert outcomes(sent(product, away)) == ["deleted"]
        assert outcomes(sent(product, away)) == ["unchanged"]
        assert all_of(product, "Condition") == {}

    def test_makes_room_for_what_the_same_bundle_makes(self, product: Product) -> None:
        mapped(product, "Patient", "read", "create", "delete")

        answer = sent(product, bundle("transaction", unless_there(MARIA, zoe()), gone("Patient", "maria")))

        assert outcomes(answer) == ["created", "deleted"]
        assert set(all_of(product, "Patient")) == {ids(answer)[0]}


@BOTH
class TestAReferenceByACondition:
    def knee_of(self, condition: str) -> dict[str, Any]:
        return put(a_knee(subject={"reference": f"Patient?{condition}"}))

    def test_leads_to_the_one_that_meets_it(self, product: Product) -> None:
        assert outcomes(sent(product, bundle("transaction", self.knee_of(MARIA)))) == ["created"]
        assert all_of(product, "Condition")["knee"]["subject"]["reference"] == "Patient/maria"
        assert outcomes(sent(product, bundle("transaction", self.knee_of(MARIA)))) == ["unchanged"]

    def test_leads_to_what_comes_with_it(self, product: Product) -> None:
        new = bundle("transaction", self.knee_of(ZOE), unless_there(ZOE, zoe()))

        answer = sent(product, new)

        assert outcomes(answer) == ["created", "created"]
        assert all_of(product, "Condition")["knee"]["subject"]["reference"] == f"Patient/{ids(answer)[1]}"
        assert outcomes(sent(product, new)) == ["unchanged", "unchanged"]

    def test_that_leads_nowhere_takes_its_entry_with_it(self, product: Product) -> None:
        entries = self.knee_of(ZOE), put(a_patient("john"))

        whole = sent(product, bundle("transaction", *entries))
        each = sent(product, bundle("batch", *entries))

        assert (whole.status, whole.fields) == (412, {"entry[0]"})
        assert outcomes(each) == ["refused", "created"]
        assert all_of(product, "Condition") == {}


class TestNonsense:
    @pytest.mark.parametrize(
        ("entry", "path"),
        [
            (unless_there("", zoe()), "entry[0].request.ifNoneExist"),
            (unless_there("_count=1", zoe()), "entry[0].request.ifNoneExist"),
            (unless_there("favourite=Schizophrenia", zoe()), "entry[0].request.ifNoneExist"),
            (put_where("name=", zoe()), "entry[0].request.url"),
            (put(a_knee(), ifNoneExist=MARIA), "entry[0].request.ifNoneExist"),
            (put(a_knee(), ifNoneMatch="*"), "entry[0].request.ifNoneMatch"),
            (
                put(a_knee(subject={"reference": "Patient?favourite=Schizophrenia"})),
                "entry[0].resource.subject.reference",
            ),
            (
                put(a_knee(subject={"reference": "Person?_sort=name"})),
                "entry[0].resource.subject.reference",
            ),
            (unless_there(ZOE, zoe(gender=7)), "entry[0].resource.gender"),
        ],
    )
    def test_is_named_by_its_path_and_never_by_its_value(
        self, product: Product, entry: dict[str, Any], path: str
    ) -> None:
        answer = sent(product, bundle("transaction", entry))

        assert (answer.status, answer.fields) == (400, {path})
        assert "Schizophrenia" not in answer.body.decode()

    def test_of_one_resource_twice_is_refused_however_it_is_meant(self, product: Product) -> None:
        grown = {**a_patient("maria"), "gender": "female"}

        answer = sent(product, bundle("batch", put_where(MARIA, grown), put(a_patient("maria"))))

        assert (answer.status, answer.fields) == (400, {"entry[1]"})


@BOTH
class TestTheSameKey:
    def test_gives_the_same_answer_and_changes_nothing(self, product: Product) -> None:
        new = bundle("transaction", unless_there(ZOE, zoe()), post(KNEE, a_knee()))
        first = sent(product, new, Idempotency_Key="run-7")
        product.write({**zoe(), "id": ids(first)[0], "gender": "other"})
        product.run()
        before = product.footprint()

        again = sent(product, new, Idempotency_Key="run-7")
        other = sent(product, bundle("transaction", post(KNEE, a_knee())), Idempotency_Key="run-7")

        assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
        assert (other.status, product.footprint()) == (422, before)
