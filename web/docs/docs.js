// The API to be tried out. Whoever signs in by an operation here is signed in for all others until the page is closed.

function takeToken(ui, response) {
    const tokens = response.obj?.tokens ?? response.obj;

    if (response.ok && tokens?.access_token && /\/auth\//.test(response.url)) {
        ui().authActions.authorize({
            bearer: { name: "bearer", schema: { type: "http", scheme: "bearer" }, value: tokens.access_token },
        });
    }
    return response;
}

// Light or dark as the browser is, now and when that changes: Swagger UI's styles go by a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", follow);
follow();

const ui = SwaggerUIBundle({
    url: new URL("../openapi.json", location.href).href,
    dom_id: "#swagger-ui",
    deepLinking: true,
    // Group by group: Swagger UI loses its place where all of so many operations are open at once.
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
    responseInterceptor: (response) => takeToken(() => ui, response),
});
