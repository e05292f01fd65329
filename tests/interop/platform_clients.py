"""Clients of SageMaker, Vertex AI and TorchServe. Run as a program inside the virtual environment that `install` of
platforms.py makes, which calls one of the functions below: platform_clients.py FUNCTION '{"argument": …}'. Prints
its answer as JSON.

Their containers would be started by Docker; what asks the running container is called here.
"""

import json
import sys


def sagemaker_ping(port):
    from sagemaker.local import entities

    entities._wait_for_serving_container(port)  # as local mode does; raises when it gives up
    return "up"


def sagemaker_invoke(port, rows, content_type):
    from sagemaker import deserializers, serializers
    from sagemaker.local.local_session import LocalSagemakerRuntimeClient

    serializer = {
        "text/csv": serializers.CSVSerializer,
        "application/json": serializers.JSONSerializer,
    }[content_type]()
    deserializer = deserializers.JSONDeserializer()
    client = LocalSagemakerRuntimeClient({"local": {"serving_port": port}})
    answer = client.invoke_endpoint(
        Body=serializer.serialize(rows),
        EndpointName="endpoint",
        ContentType=serializer.CONTENT_TYPE,
        Accept=",".join(deserializer.ACCEPT),
    )
    return deserializer.deserialize(answer["Body"], answer["ContentType"])


def vertex(port, body, predict_route, health_route):
    from google.cloud.aiplatform.prediction import LocalEndpoint

    endpoint = LocalEndpoint(
        "image",
        serving_container_predict_route=predict_route,
        serving_container_health_route=health_route,
        host_port=str(port),
    )
    endpoint.container_is_running = True  # else serve() has Docker start the image
    health = endpoint.run_health_check()
    answer = endpoint.predict(
        request=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    return {"health": health.status_code, "status": answer.status_code, "answer": answer.json()}


def torchserve_register(model_name, url):
    from ts.launcher import register_model  # always at localhost:8081

    answer = register_model(model_name, url)
    return {"status": answer.status_code, "answer": answer.json()}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
