"""KServe's own client, for a process of its own: its protobuf messages and tritonclient's have the same names, and
one process holds only one of them.
"""

import asyncio


async def _ask(url, protocol, method, args, options):
    import kserve

    if isinstance(tensor := options.get("data"), tuple):  # name, array
        name, array = tensor
        given = kserve.InferInput(name, list(array.shape), "FP32")
        given.set_data_from_numpy(array, binary_data=False)
        options = {**options, "data": kserve.InferRequest(options["model_name"], [given])}
    config = kserve.RESTConfig(protocol=protocol, retries=0, timeout=30)
    async with kserve.InferenceRESTClient(config) as client:
        answer = await getattr(client, method)(url, *args, **options)
    if isinstance(answer, kserve.InferResponse):
        return {each.name: each.as_numpy() for each in answer.outputs}
    return answer


def ask(url, protocol, method, args, options):
    """One call of InferenceRESTClient. @return its answer, None; or None, the text of the HTTP error."""
    import httpx

    try:
        return asyncio.run(_ask(url, protocol, method, args, options)), None
    except httpx.HTTPStatusError as error:
        return None, str(error)
