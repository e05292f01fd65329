"""What the tests of TLS serve, and clients for it."""

import ssl

from support.models import TEST_MODELS

MODELS = [TEST_MODELS / f"{name}.onnx" for name in ("add_sub", "identity_int32", "identity_uint8")]


def trusting(authority, shows=None, **settings):
    """A client's context: it trusts that authority alone and shows `shows`, an Issued."""
    context = ssl.create_default_context(cafile=authority.certificate)
    if shows:
        context.load_cert_chain(shows.certificate, shows.key)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def handshakes(server, result):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith(f'slipway_tls_handshakes_total{{result="{result}"}}'):
            return float(line.split()[1])
    raise AssertionError("no such line")


def uint8_request(size):
    """The two parts of a request to identity_uint8 that is answered with the same tensor, in binary."""
    json = (
        f'{{"inputs":[{{"name":"INPUT0","datatype":"UINT8","shape":[1,{size}],'
        f'"parameters":{{"binary_data_size":{size}}}}}],'
        '"parameters":{"binary_data_output":true}}'
    )
    return json.encode(), (bytes(range(251)) * (size // 251 + 1))[:size]
