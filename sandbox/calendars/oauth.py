"""Authorize page and token endpoint of both providers: authorization code with PKCE, refresh, revoke."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request

from sandbox.calendars.state import ACCESS_SECONDS, State

READS = {"google": "https://www.googleapis.com/auth/calendar.events.readonly", "microsoft": "https://graph.microsoft.com/Calendars.ReadBasic"}


class OAuth:
    """One provider's. `client` is (id, secret); addresses to return to end in `returns`, as registered there."""

    def __init__(self, provider: str, state: State, client: tuple[str, str], returns: str) -> None:
        self.provider, self.state, self.client, self.returns = provider, state, client, returns

    def authorize(self) -> Any:
        """The question to the person. What is wrong with the request is shown to them, never sent back to an unknown address."""
        wanted = request.args
        if wanted.get("client_id") != self.client[0] or not wanted.get("redirect_uri", "").endswith(self.returns):
            abort(400, "redirect_uri_mismatch")
        if wanted.get("response_type") != "code" or wanted.get("code_challenge_method") != "S256" or len(wanted.get("code_challenge", "")) != 43:
            abort(400, "invalid_request")
        scopes = wanted.get("scope", "").split()
        if READS[self.provider] not in scopes or self.provider == "microsoft" and "offline_access" not in scopes:
            abort(400, "invalid_scope")
        if request.method == "GET":
            return render_template("calendar_consent.html", provider=self.provider, accounts=self.state.of(self.provider))
        answer = {"state": wanted.get("state", "")}
        account = request.form.get("account", "")
        if request.form.get("do") != "allow" or account not in self.state.accounts:
            return redirect(f"{wanted['redirect_uri']}?{urlencode(answer | {'error': 'access_denied'})}", 303)
        scope = "openid" if request.form.get("less") else wanted["scope"]
        with self.state.lock:
            answer["code"] = self.state.code_for(account, wanted["redirect_uri"], wanted["code_challenge"], scope)
        return redirect(f"{wanted['redirect_uri']}?{urlencode(answer | {'scope': scope})}", 303)

    def token(self) -> Any:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return {"error": "invalid_client", "error_description": "The OAuth client was not found."}, 401
        with self.state.lock:
            if form.get("grant_type") == "authorization_code":
                return self._redeem(form)
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form)
        return {"error": "unsupported_grant_type"}, 400

    def revoke(self) -> Any:
        """Ends all the person has allowed us, as Google does."""
        with self.state.lock:
            found = self.state.granted(self.provider, request.form.get("token", ""))
            if found is None:
                return {"error": "invalid_token", "error_description": "Token expired or revoked"}, 400
            self.state.end(found.account)
        return {}

    def _redeem(self, form: Any) -> Any:
        code = self.state.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if code is None or code.until < time.monotonic() or (code.redirect_uri, code.challenge) != (form.get("redirect_uri"), proof):
            return {"error": "invalid_grant", "error_description": "Malformed auth code."}, 400
        grant = self.state.grant(code, self.provider)
        return self._answer(grant) | {"refresh_token": grant.refresh}

    def _refresh(self, form: Any) -> Any:
        grant = self.state.granted(self.provider, form.get("refresh_token", ""))
        if grant is None:
            return {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, 400
        if self.provider == "google":
            return self._answer(grant)
        grant.refresh = f"M.{hashlib.sha256(grant.refresh.encode()).hexdigest()}"
        self.state.save()
        return self._answer(grant) | {"refresh_token": grant.refresh, "ext_expires_in": ACCESS_SECONDS}

    def _answer(self, grant: Any) -> dict[str, Any]:
        scope = " ".join(part for part in grant.scope.split() if part != "offline_access")
        return {"access_token": self.state.access_for(grant), "expires_in": ACCESS_SECONDS, "scope": scope, "token_type": "Bearer"}
