"""Tokens as attackers make them: each kind, changed in every way that other servers have been fooled by.

Most of them are signed with the server's own key, so that nothing but the check in question stands in their way.
"""
import base64
import hashlib
import hmac
import json
import socket
import ssl
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from support.factor import first_step, switch_on

KINDS = ("access", "refresh", "2fa")
REFUSALS = {"access": "invalid_token", "refresh": "invalid_token", "2fa": "invalid_challenge"}
YEAR_S = 365 * 86400


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_bytes(part):
    return part if isinstance(part, bytes) else json.dumps(part).encode()


def rs256(key, data):
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def token_of(header, claims, sign):
    """A token of any two parts (bytes, or JSON to be written), signed by sign(data)."""
    data = f"{encode(as_bytes(header))}.{encode(as_bytes(claims))}"
    return f"{data}.{encode(sign(data.encode()))}"


def without(part, name):
    return {n: v for n, v in part.items() if n != name}


def doubled(part, name, value, first=True):
    """JSON with one name twice: the added value first or last."""
    members = [f"{json.dumps(n)}:{json.dumps(v)}" for n, v in part.items()]
    members.insert(0 if first else len(members), f"{json.dumps(name)}:{json.dumps(value)}")
    return ("{" + ",".join(members) + "}").encode()


class Forger:
    """Holds the server's private key, and makes tokens of parts of a real one."""

    def __init__(self, server):
        self.folder = server.folder / "keys"
        self.key = serialization.load_pem_private_key((self.folder / "private.pem").read_bytes(), None)
        self.stranger = rsa.generate_private_key(65537, 2048)

    def public(self, form, encoding=serialization.Encoding.PEM):
        return self.key.public_key().public_bytes(encoding, form)

    def sign(self, data):
        return rs256(self.key, data)

    def make(self, header, claims):
        return token_of(header, claims, self.sign)


@pytest.fixture(scope="module")
def forger(server):
    return Forger(server)


@pytest.fixture(scope="module")
def victims(server, admin):
    """Two people for the whole file: one signs in at once, one has a second factor and so gets challenges."""
    plain, guarded = server.person(admin), server.person(admin)
    switch_on(guarded)
    return plain, guarded


def real_token(victims, kind):
    plain, guarded = victims
    return first_step(guarded) if kind == "2fa" else plain.sign_in().tokens[f"{kind}_token"]


def offer(http, kind, token):
    """Brings a token to the one door that takes its kind."""
    if kind == "access":
        return http.get("/auth/me", headers={"Authorization": b"Bearer " + token.encode()})
    if kind == "refresh":
        return http.post("/auth/refresh", json={"refresh_token": token})
    return http.post("/auth/login/2fa", json={"challenge_token": token, "recovery_code": "00000-00000"})


def status_of_me(server, *headers):
    """The status of GET /auth/me with header lines as they are: repeated, empty, or far too long."""
    host, port = server.base_url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=server.ca)
    lines = ["GET /auth/me HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    with socket.create_connection((host, int(port)), 10) as plain, context.wrap_socket(plain, server_hostname=host) as s:
        s.sendall("\r\n".join(lines).encode())
        return int(s.recv(4096).split()[1])


def is_taken(answer, kind):
    """Whether the door has taken the token (a challenge goes on to the code, which is wrong here)."""
    return answer.status_code == 200 if kind != "2fa" else answer.json()["code"] == "invalid_code"


def assert_refused(answer, kind, what):
    assert answer.status_code == 401 and answer.json()["code"] == REFUSALS[kind], f"{what}: {answer.status_code} {answer.text}"


class Original:
    """A real token and its parts."""

    def __init__(self, victims, kind):
        self.kind = kind
        self.token = real_token(victims, kind)
        self.parts = self.token.split(".")
        self.header, self.claims = (json.loads(decode(p)) for p in self.parts[:2])


@pytest.fixture(params=KINDS)
def original(request, victims):
    return Original(victims, request.param)


def attack(http, original, tokens):
    """Each forged token is refused, and the real one is still good afterwards."""
    for what, token in tokens.items():
        assert_refused(offer(http, original.kind, token), original.kind, what)
    assert is_taken(offer(http, original.kind, original.token), original.kind)


def test_forger__makes_tokens_that_are_taken_when_nothing_is_wrong_with_them(http, forger, original):
    later = {**original.claims, "exp": original.claims["exp"] + 1}
    token = forger.make(original.header, later)
    assert token != original.token and is_taken(offer(http, original.kind, token), original.kind)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_algorithm__none_is_refused_in_any_case(http, forger, original):
    tokens = {}
    for name in ("none", "None", "NONE", "nOnE", "", " none", "none\u0000"):
        header = {**original.header, "alg": name}
        tokens[f"{name!r} unsigned"] = token_of(header, original.claims, lambda _: b"")
        tokens[f"{name!r} signed"] = forger.make(header, original.claims)
        tokens[f"{name!r} in two parts"] = tokens[f"{name!r} unsigned"].rstrip(".")
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_algorithm__hmac_with_the_public_key_is_refused(http, forger, original):
    form, encodings = serialization.PublicFormat, serialization.Encoding
    secrets = {
        "the file": (forger.folder / "public.pem").read_bytes(),
        "PEM": forger.public(form.SubjectPublicKeyInfo),
        "PEM without its last newline": forger.public(form.SubjectPublicKeyInfo).rstrip(),
        "PKCS#1": forger.public(form.PKCS1),
        "DER": forger.public(form.SubjectPublicKeyInfo, encodings.DER),
        "the modulus": forger.key.public_key().public_numbers().n.to_bytes(256, "big"),
        "nothing": b"",
    }
    tokens = {}
    for alg, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("hs256", hashlib.sha256),
                        ("RS256", hashlib.sha256)):
        for what, secret in secrets.items():
            tokens[f"{alg} with {what}"] = token_of({**original.header, "alg": alg}, original.claims,
                                                    lambda data, s=secret, d=digest: hmac.digest(s, data, d))
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_algorithm__another_than_ours_is_refused_even_with_our_signature(http, forger, original):
    wrong = ["RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "rs256", "RS256 ", "RS256\u0000", ["RS256"], None, 1, {}]
    tokens = {repr(alg): forger.make({**original.header, "alg": alg}, original.claims) for alg in wrong}
    tokens["none at all"] = forger.make(without(original.header, "alg"), original.claims)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    tokens["PSS"] = token_of(original.header, original.claims, lambda d: forger.key.sign(d, pss, hashes.SHA256()))
    tokens["SHA-512"] = token_of(original.header, original.claims,
                                 lambda d: forger.key.sign(d, padding.PKCS1v15(), hashes.SHA512()))
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_kid__that_is_none_of_ours_is_refused_and_opens_no_file(http, forger, original):
    own = original.header["kid"]
    kids = ["", "x", "../private", "../../../../../dev/null", "/dev/null", str(forger.folder / "public.pem"), "public.pem",
            "public", "local", f"../keys/{own}", f"{own}/", own + "\u0000", own + "\u0000.pem", own[:-1], own + "A",
            own.swapcase(), "A" * 43, "' OR 1=1 --", "x" * 2000, None, 0, True, [own], {"kid": own}]
    tokens = {repr(kid)[:60]: forger.make({**original.header, "kid": kid}, original.claims) for kid in kids}
    tokens["no kid"] = forger.make(without(original.header, "kid"), original.claims)
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_kid__of_ten_thousand_characters_is_refused(server, http, forger, original):
    token = forger.make({**original.header, "kid": "A" * 10240}, original.claims)
    if original.kind == "access":
        assert status_of_me(server, f"Authorization: Bearer {token}") == 401
    else:
        assert offer(http, original.kind, token).status_code == 422
    assert is_taken(offer(http, original.kind, original.token), original.kind)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_key__that_the_token_brings_along_is_not_believed(http, forger, original):
    numbers = forger.stranger.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": encode(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    url = "https://127.0.0.1:1/keys.json"
    extras = {"jwk": jwk, "jku": url, "x5u": url, "x5c": [base64.b64encode(b"certificate").decode()], "x5t": "AA",
              "crit": ["exp"], "b64": False, "zip": "DEF", "cty": "JWT", "typ2": "JWT"}
    tokens = {}
    for name, value in extras.items():
        header = {**original.header, name: value}
        tokens[f"{name}, own signature"] = forger.make(header, original.claims)
        tokens[f"{name}, stranger's"] = token_of(header, original.claims, lambda d: rs256(forger.stranger, d))
        tokens[f"{name} for kid"] = token_of(without(header, "kid"), original.claims, lambda d: rs256(forger.stranger, d))
    curve = ec.generate_private_key(ec.SECP256R1())
    tokens["stranger's key"] = token_of(original.header, original.claims, lambda d: rs256(forger.stranger, d))
    tokens["a curve's key"] = token_of(original.header, original.claims, lambda d: curve.sign(d, ec.ECDSA(hashes.SHA256())))
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
@pytest.mark.parametrize("typ", ["at+jwt", "jwt", "JWE", "", None, ["JWT"]])
def test_typ__other_than_ours_is_refused(http, forger, victims, typ):
    original = Original(victims, "access")
    attack(http, original, {str(typ): forger.make({**original.header, "typ": typ}, original.claims)})


def test_type__of_a_token_opens_its_own_door_only(http, forger, original):
    for door in KINDS:
        if door != original.kind:
            assert_refused(offer(http, door, original.token), door, f"{original.kind} at the door of {door}")
    wrong = [k for k in KINDS if k != original.kind] + [original.kind.upper(), original.kind + " ", "", None, [original.kind]]
    tokens = {repr(t): forger.make(original.header, {**original.claims, "type": t}) for t in wrong}
    tokens["none at all"] = forger.make(original.header, without(original.claims, "type"))
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_issuer_and_audience__of_somebody_else_are_refused(http, forger, original):
    tokens = {f"iss {iss!r}": forger.make(original.header, {**original.claims, "iss": iss})
              for iss in ("other", "Parley", "parley ", "parley\u0000", "", None, ["parley"], 1)}
    tokens["no iss"] = forger.make(original.header, without(original.claims, "iss"))
    for aud in ("other", "parley", ["parley", "other"], "", None):
        tokens[f"aud {aud!r}"] = forger.make(original.header, {**original.claims, "aud": aud})
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_time__expired_or_not_yet_valid_is_refused(http, forger, original):
    now = int(http.clock.now())
    wrong = [("exp", v) for v in (now, now - 1, now - YEAR_S, 0, -1, str(now + 60), now + 60.5, 1e300, True, None, [now + 60])]
    wrong += [("nbf", v) for v in (now + 120, now + YEAR_S, str(now), -1, now - 0.5, None)]
    wrong += [("iat", v) for v in (str(now), -1, None)]
    tokens = {f"{name} {value!r}": forger.make(original.header, {**original.claims, name: value}) for name, value in wrong}
    for name in ("exp", "nbf", "iat"):
        tokens[f"no {name}"] = forger.make(original.header, without(original.claims, name))
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
@pytest.mark.parametrize("exp", [10**15, 2**63 - 1, 2**63, 2**64 + 10**10])
def test_time__that_no_clock_reaches_is_refused(http, forger, original, exp):
    attack(http, original, {str(exp): forger.make(original.header, {**original.claims, "exp": exp})})


def test_ids__that_do_not_belong_together_are_refused(http, forger, original, admin):
    other = json.loads(decode(admin.token.split(".")[1]))
    wrong = [("sub", other["sub"]), ("sub", str(uuid.uuid4())), ("sub", ""), ("sub", None), ("sub", [original.claims["sub"]]),
             ("sid", ""), ("sid", None), ("jti", ""), ("jti", None), ("jti", 1)]
    if original.kind != "2fa":  # whose sid says nothing: there is no session yet
        wrong += [("sid", other["sid"]), ("sid", str(uuid.uuid4()))]
    else:
        wrong += [("jti", str(uuid.uuid4())), ("jti", other["sid"])]
    attack(http, original, {f"{n} {v!r}": forger.make(original.header, {**original.claims, n: v}) for n, v in wrong})


def test_role__of_a_token_gives_no_right(http, forger, victims):
    original = Original(victims, "access")
    token = forger.make(original.header, {**original.claims, "role": "ADMIN", "email": "admin@example.org"})
    headers = {"Authorization": f"Bearer {token}"}
    assert http.get("/users", headers=headers).status_code == 403
    assert http.get("/auth/me", headers=headers).json()["role"] == "USER"


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_bits__changed_at_any_byte_are_found(http, original):
    """One bit of each character, the dots among them: the header's, the claims' and the signature's."""
    tokens = {}
    for i, letter in enumerate(original.token):
        tokens[f"byte {i}"] = original.token[:i] + chr(ord(letter) ^ 1 << i % 3) + original.token[i + 1:]
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_bits__of_the_signature_itself_changed_are_found(http, original):
    """Characters of the alphabet only, so that it is the signature's check which finds them."""
    data, signature = original.token.rsplit(".", 1)
    raw = decode(signature)
    tokens = {f"byte {i}": f"{data}.{encode(raw[:i] + bytes([raw[i] ^ 1 << i % 8]) + raw[i + 1:])}" for i in range(len(raw))}
    tokens["zeros"] = f"{data}.{encode(bytes(len(raw)))}"
    tokens["one byte less"] = f"{data}.{encode(raw[:-1])}"
    tokens["one byte more"] = f"{data}.{encode(raw + bytes(1))}"
    tokens["one zero before"] = f"{data}.{encode(bytes(1) + raw)}"
    tokens["none"] = f"{data}."
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_names__twice_are_refused_whichever_comes_first(http, forger, original):
    tokens = {}
    for first in (True, False):
        for name, value in (("alg", "none"), ("alg", "RS256"), ("kid", "x"), ("typ", "JWT")):
            tokens[f"header {name} {value} {first}"] = forger.make(doubled(original.header, name, value, first), original.claims)
        for name in original.claims:
            same, other = original.claims[name], "refresh" if name == "type" else original.claims["exp"] + 5
            for value in (same, other):
                claims = doubled(original.claims, name, value, first)
                tokens[f"claim {name} {value} {first}"] = forger.make(original.header, claims)
    escaped = json.dumps(original.claims).replace("{", '{"\\u0073ub":"' + str(uuid.uuid4()) + '",', 1)
    tokens["escaped sub"] = forger.make(original.header, escaped.encode())
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_json__that_is_no_plain_object_is_refused(http, forger, original):
    good = json.dumps(original.claims).encode()
    shapes = [b"", b"null", b"[]", b"1", b'"x"', b"{}", b"[" + good + b"]", good + good, good + b"x", good[:-1], b"\xef\xbb\xbf" + good,
              good.replace(b'"iss"', b"'iss'"), good.replace(b"{", b"{,", 1), good[:-1] + b",}", b"{" * 500, b"[" * 900,
              good[:-1] + b',"x":"\xff\xfe"}', good[:-1] + b',"x":NaN}', good.decode().encode("utf-16")]
    tokens = {f"claims {s[:20]}": forger.make(original.header, s) for s in shapes}
    head = json.dumps(original.header).encode()
    tokens |= {f"header {s[:20]}": forger.make(s, original.claims)
               for s in (b"", b"null", b"[]", b"{}", head + head, b"[" + head + b"]", head[:-1] + b",}", b"[" * 900)}
    attack(http, original, tokens)


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_form__of_three_parts_and_one_alphabet_is_held_to(http, original):
    h, c, s = original.parts
    standard = original.token.replace("-", "+").replace("_", "/")
    forms = [".", "..", "...", f"{h}.{c}", f"{h}..{s}", f".{c}.{s}", f"{h}.{c}.{s}.", f".{h}.{c}.{s}", f"{h}.{c}.{s}.{s}",
             f"{h}.{c}.{s}.{h}.{c}", f"{h}.{c}.{s}=", f"{h}.{c}.{s}==", f"{h}=.{c}.{s}", f"{h}.{c}. {s}", f"{h} .{c}.{s}",
             f"{c}.{h}.{s}", f"{s}.{c}.{h}", original.token[:-1], original.token + "A", original.token[1:]]
    if standard != original.token:
        forms.append(standard)
    attack(http, original, {f"{n} {t[:20]}": t for n, t in enumerate(forms)})


@pytest.mark.one_column("the form of a token, looked at before any row")
@pytest.mark.parametrize("kind", ["refresh", "2fa"])
def test_size__of_a_hundred_thousand_bytes_is_refused_in_a_body(http, forger, victims, kind):
    original = Original(victims, kind)
    for token in ("a" * 100_000, "." * 100_000, original.token + "A" * 100_000,
                  forger.make(original.header, {**original.claims, "x": "x" * 75_000})):
        assert offer(http, kind, token).status_code == 422
    attack(http, original, {"the most that is read": "a." + "a" * 4092 + ".a"})


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_size__of_a_hundred_thousand_bytes_is_refused_in_a_header(server, http, victims):
    original = Original(victims, "access")
    for token in ("a" * 100_000, original.token + "A" * 100_000):
        assert status_of_me(server, f"Authorization: Bearer {token}") == 431
    attack(http, original, {"more than is read": original.token + "A" * 4000, "blanks": original.token + " " * 3000 + "x"})


def test_credentials__two_at_once_are_refused(server, victims):
    token, other = (real_token(victims, "access") for _ in range(2))
    bearer = f"Authorization: Bearer {token}"
    cases = [(bearer, f"Authorization: Bearer {other}"), (bearer, bearer), (bearer, "X-API-Key: x"), ("X-API-Key: x", bearer),
             ("X-API-Key: x", "X-API-Key: y"), (bearer, "Authorization: Basic YTpi"), (bearer, "authorization:"),
             (bearer, "X-API-Key:")]
    for headers in cases:
        assert status_of_me(server, *headers) == 400, headers


@pytest.mark.one_column("the form of a token, looked at before any row")
@pytest.mark.parametrize("form", ["Bearer {0}, Bearer {1}", "Bearer {0},{1}", "Bearer {0} {1}", "Bearer", "Bearer  ", "{0}",
                                  "Token {0}", "Basic {0}", "Bearer Bearer {0}", "Bearer={0}", "Bearer\t{0}"])
def test_credentials__in_another_form_are_refused(server, victims, form):
    header = "Authorization: " + form.format(real_token(victims, "access"), real_token(victims, "access"))
    assert status_of_me(server, header) == 401


@pytest.mark.one_column("the form of a token, looked at before any row")
def test_credentials__count_nowhere_but_in_their_header(http, victims):
    token = real_token(victims, "access")
    for name in ("access_token", "token", "api_key"):
        assert http.get("/auth/me", params={name: token}).status_code in (400, 401)
        assert http.get("/auth/me", headers={"Cookie": f"{name}={token}"}).status_code == 401
    for header in ("X-API-Key", "X-Auth-Token", "X-Authorization", "Proxy-Authorization"):
        assert http.get("/auth/me", headers={header: token}).status_code == 401
