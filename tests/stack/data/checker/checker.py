"""An authorizer that counts how often it was asked."""

calls = 0


def handler(event, context):
    global calls
    calls += 1
    [token] = event["identitySource"]
    if token == "broken":
        raise RuntimeError("on purpose")
    return {"isAuthorized": token.startswith("good"), "context": {"token": token, "calls": calls}}
