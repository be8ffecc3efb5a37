"""A second factor as people have one: an authenticator (oathtool, which shares nothing with the server) and its codes."""
import subprocess

STEP_S = 30
MARGIN_S = 5  # the step before is not used so shortly before it ends: the server's clock goes on


class Authenticator:
    """Makes codes of one secret, by the clock of the server. fresh() gives each time step's code once, in order, beginning
    with the one before now."""

    def __init__(self, secret, clock):
        self.secret = secret
        self.clock = clock
        self.last_step = 0

    def at_step(self, step):
        done = subprocess.run(["oathtool", "--totp", "--base32", "--now", f"@{step * STEP_S}", self.secret], check=True,
                              capture_output=True, text=True)
        return done.stdout.strip()

    def away(self, steps):
        """The code of a step so many away from now."""
        return self.at_step(int(self.clock.now()) // STEP_S + steps)

    def fresh(self):
        now = self.clock.now()
        oldest = int(now) // STEP_S - (1 if now % STEP_S < STEP_S - MARGIN_S else 0)
        self.last_step = max(self.last_step + 1, oldest)
        # For the fourth code within a step time must pass, until it is at most one step ahead.
        self.clock.forward(max(0, (self.last_step - 1) * STEP_S - now))
        return self.at_step(self.last_step)

    def wrong(self):
        """Six digits that no step near now has."""
        near = {self.away(steps) for steps in range(-3, 4)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                    if code not in near)


def set_up(person):
    return Authenticator(person.ok("POST", "/auth/2fa/setup", 200)["secret"], person.http.clock)


def switch_on(person):
    """(Authenticator, recovery codes) of a person whose second factor is on from now."""
    authenticator = set_up(person)
    answer = person.ok("POST", "/auth/2fa/verify", 200, json={"code": authenticator.fresh()})
    return authenticator, answer["recovery_codes"]


def first_step(person, http=None):
    """The challenge token of a sign-in whose password was right."""
    answer = (http or person.http).post("/auth/login", json={"email": person.email, "password": person.password})
    assert answer.status_code == 200, answer.text
    assert answer.json()["requires_2fa"] is True
    return answer.json()["challenge_token"]


def second_step(http, challenge, **proof):
    return http.post("/auth/login/2fa", json={"challenge_token": challenge, **proof})


def code_of(answer):
    """The public code of a refusal, or None."""
    return answer.json().get("code") if answer.content else None
