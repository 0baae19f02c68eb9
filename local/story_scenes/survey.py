"""The survey: a closed conversation is asked about once, on a page that needs no script."""

import re
from urllib.parse import urlsplit

import httpx

from local.narrator import BrokenPromise
from local.story_scenes.booking import BookingScenes
from local.story_scenes.chat import ChatScenes
from local.story_scenes.story_cast import called, first_name
from local.story_scenes.story_stage import StoryStage
from local.story_scenes.survey_form import form_on
from shared.fhir.ports import Resource

INVITATION = "csat-invitation"
SURVEY = "csat"


class SurveyScenes:
    """One patient is content, another is not."""

    def __init__(self, stage: StoryStage, chat: ChatScenes, booking: BookingScenes) -> None:
        self.stage, self.narrator = stage, stage.narrator
        self.chat, self.booking = chat, booking
        self._link = ""

    def sam_wraps_up(self) -> None:
        """Let Sam end and close the conversation: the patient is asked how it was, by message."""
        self.narrator.scene(
            "Sam ends the conversation, wraps up, and closes it; the patient is asked how it was"
        )
        sam, path = self.stage.sam, self.chat.path
        ended = sam.ask("POST", f"{path}/end")
        self.narrator.promise(ended["conversation"]["state"] == "wrap_up", "Sam wraps up.")
        self.chat.window.reads()
        closed = sam.ask("POST", f"{path}/close")
        self.narrator.promise(closed["conversation"]["state"] == "closed", "The conversation is closed.")
        work = sam.ask("GET", "/api/me/work")
        self.narrator.promise(work["units_used"] == 0, "Sam has nothing in hand.")
        self._link = self._invited(self.chat.person)

    def it_is_answered(self) -> None:
        """Let the patient answer with 5: it counts once, wherever one looks."""
        self.narrator.scene("The link opens a page without any script; the answer counts once")
        page = self._opened(self._link)
        self.narrator.promise("<script" not in page.text, "The page runs nothing.")
        self._answered(self._link, page, "5")
        again = self._post(self._link, page, "1")
        self.narrator.promise(
            again.status_code == 200 and "<form" not in again.text,
            "Whoever answers again is told that it has been answered.",
        )
        rated = self.stage.rita.ask("GET", self.chat.path, reason="looks into how Sam was rated")
        self.narrator.promise(rated["satisfaction"] == 5, "The 5 stands on the conversation.")
        self._kpi_says(responded=1, mean=5.0)

    def a_link_is_forged(self) -> None:
        """Try a link that nobody has sent."""
        self.narrator.scene("Somebody makes up a link")
        head, _, proof = self._link.rpartition(".")
        forged = f"{head}.{proof[::-1]}"
        answer = self.stage.host.http.get(forged)
        self.narrator.promise(
            answer.status_code in (401, 403, 404) and "<form" not in answer.text,
            f"A forged link opens nothing ({answer.status_code}).",
        )

    def somebody_is_not_content(self) -> None:
        """Let another patient answer with 1: a task appears, and Sam looks after it."""
        person = self.booking.bots_friend
        self.narrator.scene(f"{called(person)} was not content with the bot: somebody has to look after it")
        link = self._invited(person)
        self._answered(link, self._opened(link), "1")
        self.stage.host.until_idle()
        tasks = self.stage.open_tasks("low-satisfaction", person)
        self.narrator.promise(len(tasks) == 1, "One task stands on the list.")
        path = f"/api/tasks/{tasks[0]['id']}"
        taken = self.stage.sam.ask("POST", f"{path}/assign", body={"to": "me"})
        self.narrator.promise(taken["status"] == "accepted", "Sam takes it.")
        self.stage.sam.ask("POST", f"{path}/start")
        outcome = {"outcome": f"Talked to {first_name(person)}, who will call next time."}
        done = self.stage.sam.ask("POST", f"{path}/complete", body=outcome)
        self.narrator.promise(
            done["resource"]["status"] == "completed", "Sam has completed it, as a FHIR Task."
        )
        self._kpi_says(responded=2, mean=3.0)

    # -- what these scenes are made of

    def _invited(self, person: Resource) -> str:
        """Show the invitation, and give the path of the link in it."""
        invitation = self.stage.only_message(person, "sms", template_id=INVITATION)
        self.stage.shown(invitation)
        found = re.search(r"https?://\S+", self.stage.text_of(invitation))
        self.narrator.promise(found is not None, "There is a link in it, for this patient alone.")
        return urlsplit(found.group()).path if found else ""

    def _opened(self, link: str) -> httpx.Response:
        page = self.stage.host.http.get(link)
        self.narrator.promise(
            page.status_code == 200 and page.headers["content-type"].startswith("text/html"),
            "The link opens a page.",
        )
        return page

    def _answered(self, link: str, page: httpx.Response, rating: str) -> None:
        thanks = self._post(link, page, rating)
        self.narrator.promise(
            thanks.status_code == 200 and '<p role="status">' in thanks.text,
            f"The answer is {rating}, and kept.",
        )

    def _post(self, link: str, page: httpx.Response, rating: str) -> httpx.Response:
        form = form_on(page.text)
        if not form.asks_for("satisfaction", rating):
            message = "the page has no form that asks how it was"
            raise BrokenPromise(message)
        answers = {"satisfaction": rating, "settled": "1", "more": "<b>All well</b>, thank you."}
        return self.stage.host.http.request(form.method, form.action or link, data=answers)

    def _kpi_says(self, *, responded: int, mean: float) -> None:
        self.stage.host.until_idle()
        kpis = self.stage.rita.ask("GET", "/api/kpis", told=False)
        (figures,) = [each["satisfaction"] for each in kpis["satisfaction"] if each["survey_id"] == SURVEY]
        self.narrator.promise(
            (figures["responded"], figures["mean"]) == (responded, mean),
            f"The indicator says: {responded} answered, {mean} of 5 on average.",
        )
