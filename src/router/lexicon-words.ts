/** The same in every language. Not the formats that any answer may be asked for in, as JSON. */
export const CODING_NAMES = `
python javascript typescript java php golang kotlin haskell powershell matlab cobol fortran html css sql mysql postgres postgresql
sqlite mongodb redis nosql regex regexp api apis graphql django flask fastapi laravel symfony angular vue svelte
nodejs npm webpack jquery numpy pandas pytorch tensorflow matplotlib scikit keras opencv docker kubernetes git github gitlab linux
bash vscode jupyter dataframe
`;

/**
 * Words of each domain in English and Spanish, folded and in lower case; `*` ends a stem. They carry what the training texts of one
 * language teach over to the other, so both languages of a word belong into the same list.
 */
export const CODING_WORDS = `
json xml yaml csv ruby rust swift scala perl lua rest http https url react spring hibernate pip conda virtualenv ubuntu unix shell cron ssh node
ide vim eclipse intellij notebook dataframes
code codes coding coded codigo codigos codif* program programs programa programas programming programar programacion programmer programador*
function functions funcion funciones method methods metodo class classes clase clases script scripts scripting variable variables
array arrays arreglo arreglos string strings cadena cadenas list lists lista listas tuple tuples tupla tuplas dict dictionary dictionaries
diccionario diccionarios hashmap integer integers entero enteros boolean booleano booleana float loop loops bucle bucles iterate iterar
recorrer recursion recursive* recursiv* algorithm algorithms algoritmo algoritmos compile compil* compiler debug debugg* depurar depur*
bug bugs exception exceptions excepcion excepciones stacktrace traceback runtime syntax sintaxis parse parsear parser parsing
database databases query queries consulta table tables tabla tablas column columns columna columnas row rows fila filas index indice
server servers servidor servidores client backend frontend framework frameworks library libraries libreria librerias package paquete
module modules modulo modulos import importar file files fichero ficheros archivo archivos folder directory directorio carpeta path
terminal console consola command comando comandos input output print imprimir return returns devuelve devuelva devolver retorna retornar
sort sorted ordenar ordena ordene sorting reverse invertir concatenate concatenar append split substring subcadena lowercase uppercase
minusculas mayusculas pointer puntero null undefined async await thread threads hilo hilos multithread* endpoint endpoints login
button boton webpage website web app apps aplicacion aplicaciones software deploy* despleg* commit commits branch merge repository
repositorio refactor* refactoriz* unit* test* implement implementa implementar implemente input inputs click interface interfaz
inherit* herencia polymorphism polimorfismo encapsulation object-oriented objects objetos constructor attribute atributo
binary stack queue linked pila cola node nodes nodo nodos tree arbol graph grafo grafos cache socket sockets token tokens
`;

export const TECHNICAL_WORDS = `
equation equations ecuacion ecuaciones integral integrals derivative derivad* theorem teorema proof prove demuestra demostrar polynomial
polinomi* triangle triangulo triangul* rectangle rectangulo circle circulo circunferencia radius radio diameter diametro angle angulo*
perimeter perimetro area volume volumen probability probabilidad probabilidades matrix matriz matrices vector vectors vectores
algebra geometry geometria calculus calculo trigonometr* logarithm logaritm* fraction fraccion fracciones decimal percent percentage
porcentaje ratio proporcion average promedio median mediana deviation desviacion sum suma multiply multiplic* divide dividir division
velocity velocidad speed acceleration aceleracion force fuerza mass masa energy energia kinetic cinetica potential gravity gravedad
gravit* momentum friction friccion rozamiento pressure presion temperature temperatura heat calor thermodynamic* termodinamic* entropy
entropia voltage voltaje tension current corriente resistance resistencia resistor capacitor condensador circuit circuito circuitos
electric electrico electrica magnetic magnetico magnetica electromagn* wave onda ondas wavelength frequency frecuencia photon foton
quantum cuantica cuantico relativity relatividad nuclear atom atoms atomo atomos atomic atomico electron electrons electrones proton
protones neutron neutrones ion iones isotope isotopo molecule molecules molecula moleculas molecular mole moles molar molarity
molaridad acid acido acidos base ph solution disolucion soluto solvent disolvente reaction reaccion reacciones chemical chemistry
quimica quimico oxidation oxidacion reduction catalyst catalizador enzyme enzima enzimas protein proteina proteinas amino aminoacido*
dna adn rna arn gene genes gen genetic genetica cell cells celula celulas celular membrane membrana mitochondri* mitocondri* nucleus
nucleo chromosome cromosoma* mitosis meiosis photosynthesis fotosintesis bacteria bacterias virus species especie especies evolution
ecosystem ecosistema organism organismo organismos tissue tejido tejidos organ kidney rinon hepat* liver blood sangre glucose glucosa
hormone hormona hormonas insulin insulina neuron neurona neuronas nervous syndrome sindrome disease enfermedad diagnos* patient
paciente pacientes treatment tratamiento symptom sintoma sintomas antibiotic antibiotico* drug farmaco farmacos dose dosis
planet planeta planetas star estrella orbit orbita solar galaxy galaxia telescope telescopio asteroid earthquake terremoto volcano
volcan tectonic* tectonica mineral rock roca rocas sediment* climate clima atmosphere atmosfera ocean evaporation evaporacion
engine motor turbine turbina beam viga steel acero concrete hormigon pump bomba fluid fluido flow caudal viscosity viscosidad
semiconductor* transistor diode diodo laser lens lente spectroscop* espectroscop* chromatograph* cromatograf* electrode electrodo
meters metros kilometers kilometros kilogram kilogramos grams gramos liters litros newton joule watt vatios volts voltios hertz
calculate calcula calcular compute determine solve resuelve resolver simplify simplifica evaluate hypothesis hipotesis
`;

export const GENERAL_WORDS = `
recipe recipes receta recetas cook cooking cocinar cocina dinner cena lunch comida breakfast desayuno food restaurant restaurante
travel viaje viajes viajar trip hotel flight vuelo beach playa vacation vacaciones city ciudad country pais paises
movie movies pelicula peliculas film actor actriz actress series song songs cancion canciones music musica singer cantante album band
book books libro libros novel novela author autor poem poema poet poeta poesia story stories cuento historia relato chapter character
personaje letter carta email correo invitation invitacion speech discurso essay ensayo article articulo blog post slogan eslogan
advice consejo consejos feel feeling siento friend friends amigo amigos amiga family familia mother madre father padre girlfriend novia
boyfriend novio wife esposa husband marido children hijos hijo hija wedding boda birthday cumpleanos gift regalo party fiesta
job trabajo interview entrevista boss jefe resume curriculum salary sueldo business negocio negocios company empresa marketing
customer cliente clientes sales ventas market mercado economy economia economic inflation inflacion tax taxes impuesto impuestos
loan prestamo mortgage hipoteca savings ahorro ahorrar invest inversion bank banco contract contrato law ley leyes legal court
tribunal judge juez lawyer abogado rights derechos constitution constitucion government gobierno president presidente election
elecciones political politica politico party democracy democracia war guerra king rey queen reina empire imperio revolution
revolucion century siglo battle batalla ancient antigua religion religious church iglesia god dios philosophy filosofia philosopher
filosofo ethics etica moral psychology psicologia therapy emotion emociones happiness felicidad love amor
football futbol soccer team equipo player jugador match partido league liga olympic olimpicos champion
clothes ropa dress vestido house casa garden jardin dog perro cat gato pet mascota car coche weather tiempo
poetry roleplay pretend imagine imagina translate summarize resume rewrite paraphrase joke chiste
`;
