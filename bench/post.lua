wrk.method = "POST"
wrk.body = string.rep("x", tonumber(os.getenv("BODY_BYTES")))
wrk.headers["content-type"] = "application/octet-stream"
