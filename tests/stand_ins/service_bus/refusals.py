"""What the broker says no with: an AMQP condition, a text and, on request links, a status."""


class Refused(Exception):
    """The broker will not do it."""

    def __init__(self, condition: str, description: str, status: int = 400) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description
        self.status = status


def message_lock_lost() -> Refused:
    return Refused(
        "com.microsoft:message-lock-lost", "The lock on the message has ended or is not known.", 410
    )


def session_lock_lost() -> Refused:
    return Refused("com.microsoft:session-lock-lost", "The lock on the session has ended.", 410)


def message_not_found(sequence_number: int) -> Refused:
    return Refused("com.microsoft:message-not-found", f"There is no such message: {sequence_number}.", 404)


def entity_not_found(path: str) -> Refused:
    return Refused("amqp:not-found", f"The messaging entity '{path}' could not be found.", 404)


def dead_letters_take_nothing() -> Refused:
    return Refused("amqp:not-allowed", "Nobody sends to dead letters.")


def is_dead_already() -> Refused:
    return Refused("amqp:not-allowed", "A dead letter cannot be dead-lettered again.")


def no_session_named() -> Refused:
    return Refused("amqp:not-allowed", "Where sessions are required, a message must name its session.")


def needs_a_session() -> Refused:
    return Refused("amqp:not-allowed", "An entity that requires sessions has no receiver without a session.")


def has_no_sessions() -> Refused:
    return Refused("amqp:not-allowed", "An entity that does not require sessions has no receiver with one.")


def session_is_what_is_renewed() -> Refused:
    return Refused("amqp:not-allowed", "In a session it is the session's lock that is renewed.")


def too_large(size: int, most: int) -> Refused:
    return Refused("amqp:link:message-size-exceeded", f"{size} bytes are more than the {most} allowed.", 413)


def id_too_long(whose: str, most: int) -> Refused:
    return Refused("com.microsoft:argument-error", f"The {whose} id is longer than {most} characters.")


def token_refused(why: str) -> Refused:
    return Refused("amqp:unauthorized-access", f"InvalidToken: {why}.", 401)


def no_token_covers(path: str) -> Refused:
    return Refused("amqp:unauthorized-access", f"Unauthorized access. No valid token covers '{path}'.", 401)


def server_busy() -> Refused:
    return Refused("com.microsoft:server-busy", "The server is busy; wait and try again.", 503)


def session_held_by_another(session: str) -> Refused:
    why = f"The session '{session}' is held by another receiver."
    return Refused("com.microsoft:session-cannot-be-locked", why, 410)


def no_session_in_time() -> Refused:
    return Refused("com.microsoft:timeout", "No session had anything in the time that was given.", 408)


def not_a_message() -> Refused:
    return Refused("amqp:decode-error", "This is not an AMQP message.", 400)


def no_such_operation(name: str) -> Refused:
    return Refused("amqp:not-implemented", f"There is no operation '{name}'.", 501)


class WrongWish(ValueError):
    """A test or a file asks for what there is not."""
