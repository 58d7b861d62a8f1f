import { wordSet } from './word-set.ts';

/** Places that people also write in lower case, or that stand behind a comma. Others are known by their capital. */
export const PLACES = wordSet(`
  espana mexico argentina colombia chile peru ecuador venezuela bolivia paraguay uruguay guatemala honduras el_salvador nicaragua costa_rica
  panama cuba puerto_rico republica_dominicana portugal francia france alemania germany italia italy reino_unido inglaterra england escocia
  scotland gales wales irlanda ireland belgica belgium holanda paises_bajos netherlands the_netherlands suiza switzerland austria suecia
  sweden noruega norway dinamarca denmark finlandia finland polonia poland grecia greece turquia turkey rusia russia ucrania ukraine rumania
  romania bulgaria hungria hungary chequia croatia croacia serbia marruecos morocco argelia tunez egipto egypt nigeria kenia kenya sudafrica
  south_africa estados_unidos eeuu usa us the_us the_usa united_states the_united_states canada brasil brazil india china japon japan corea
  korea south_korea vietnam tailandia thailand indonesia filipinas philippines australia nueva_zelanda new_zealand israel pakistan iran uk
  the_uk united_kingdom great_britain europe europa spain
  madrid barcelona valencia sevilla seville zaragoza malaga murcia palma palma_de_mallorca mallorca bilbao alicante cordoba valladolid vigo
  gijon hospitalet vitoria vitoria-gasteiz a_coruna coruna la_coruna granada elche oviedo badalona cartagena terrassa jerez sabadell
  mostoles santa_cruz tenerife santa_cruz_de_tenerife pamplona almeria alcala alcala_de_henares fuenlabrada leganes donostia san_sebastian
  burgos albacete santander castellon getafe alcorcon logrono badajoz salamanca huelva lleida lerida marbella leon tarragona cadiz jaen
  ourense orense girona gerona lugo caceres melilla ceuta guadalajara toledo pontevedra palencia ciudad_real zamora merida avila cuenca
  huesca segovia soria teruel ibiza menorca gran_canaria las_palmas lanzarote fuerteventura ferrol aviles reus mataro sitges
  andalucia cataluna catalonia galicia asturias cantabria euskadi pais_vasco basque_country navarra la_rioja aragon extremadura canarias
  baleares castilla castilla_y_leon castilla_la_mancha comunidad_valenciana
  cdmx ciudad_de_mexico mexico_city monterrey puebla tijuana cancun oaxaca queretaro veracruz buenos_aires rosario mendoza la_plata tucuman
  salta santa_fe mar_del_plata bogota medellin cali barranquilla bucaramanga santiago santiago_de_chile valparaiso concepcion lima arequipa
  cusco quito guayaquil caracas maracaibo la_paz cochabamba asuncion montevideo san_jose managua tegucigalpa san_salvador la_habana habana
  santo_domingo san_juan lisboa lisbon oporto porto coimbra braga faro paris lyon marsella marseille toulouse burdeos bordeaux niza nice
  nantes lille estrasburgo london londres manchester liverpool birmingham leeds glasgow edinburgh edimburgo bristol cardiff belfast oxford
  cambridge brighton sheffield newcastle nottingham york bath dublin cork galway berlin munich hamburg hamburgo frankfurt cologne colonia
  stuttgart leipzig dresden roma rome milan milano napoles naples turin florencia florence venecia venice bolonia bologna palermo amsterdam
  rotterdam utrecht bruselas brussels amberes antwerp ghent zurich ginebra geneva basel bern viena vienna praga prague budapest varsovia
  warsaw krakow estocolmo stockholm gothenburg oslo bergen copenhague copenhagen helsinki atenas athens estambul istanbul moscu moscow kiev
  kyiv bucarest bucharest sofia belgrado zagreb new_york nueva_york nyc brooklyn queens manhattan los_angeles chicago houston phoenix
  philadelphia san_antonio san_diego dallas austin san_francisco seattle denver boston washington washington_dc dc nashville detroit
  portland las_vegas baltimore milwaukee atlanta miami minneapolis new_orleans cleveland tampa pittsburgh cincinnati orlando sacramento
  california texas florida oregon ohio michigan arizona colorado nevada utah georgia virginia massachusetts illinois pennsylvania alaska
  hawaii new_jersey north_carolina south_carolina tennessee kentucky maine vermont new_mexico minnesota wisconsin
  toronto montreal vancouver calgary ottawa edmonton quebec winnipeg halifax ontario british_columbia sao_paulo rio rio_de_janeiro brasilia
  tokyo tokio osaka kyoto kioto seoul seul beijing pekin shanghai hong_kong taipei singapore singapur bangkok hanoi jakarta manila mumbai
  delhi new_delhi bangalore chennai kolkata hyderabad karachi lahore dhaka dubai abu_dhabi doha tel_aviv cairo casablanca rabat marrakech
  pune kerala punjab jaipur ahmedabad lucknow kochi gujarat goa kathmandu colombo leicester norwich exeter plymouth southampton portsmouth
  hull swansea aberdeen dundee inverness cornwall devon kent essex yorkshire croydon hackney stoke wolverhampton sunderland canberra hobart
  tasmania queensland new_south_wales christchurch durban rwanda uganda tanzania ghana jamaica trinidad iowa idaho bradford huddersfield wakefield middlesbrough blackpool preston bolton stockport chester lincoln peterborough ipswich colchester luton milton_keynes
  swindon gloucester cheltenham torquay bournemouth guildford woking watford slough canterbury margate hastings dover whitby harrogate lancaster carlisle
  stirling perthshire skye orkney shetland newport wrexham aberystwyth derry limerick waterford kilkenny sligo kerry donegal somerset dorset norfolk suffolk
  kensington camden islington brixton peckham greenwich soho hampstead walthamstow tottenham wimbledon
  salt_lake_city omaha tulsa oklahoma oklahoma_city kansas kansas_city st_louis missouri arkansas mississippi alabama louisiana wyoming montana nebraska
  south_dakota north_dakota west_virginia maryland delaware connecticut rhode_island new_hampshire indiana indianapolis boise anchorage honolulu albuquerque
  tucson el_paso fort_worth charlotte raleigh durham richmond savannah charleston memphis louisville des_moines madison ann_arbor
  rochester syracuse buffalo jersey_city hoboken long_island staten_island bronx the_bronx oakland san_jose fresno long_beach santa_barbara santa_monica
  geelong gold_coast the_gold_coast cairns townsville ballarat bendigo wollongong fremantle hamilton dunedin
  nagpur indore bhopal surat vadodara coimbatore madurai mysore mangalore trivandrum noida gurgaon gurugram chandigarh bengaluru patna ranchi guwahati
  tamil_nadu karnataka maharashtra rajasthan bihar west_bengal telangana islamabad rawalpindi chittagong kuala_lumpur penang malaysia cebu davao saigon
  ho_chi_minh_city beirut lebanon amman riyadh saudi_arabia kuwait qatar bahrain oman uae the_uae kampala kigali dar_es_salaam abuja kumasi harare zimbabwe
  zambia botswana namibia pretoria durban lithuania vilnius latvia riga estonia tallinn slovenia ljubljana slovakia bratislava iceland reykjavik malta cyprus
  luxembourg tbilisi armenia yerevan azerbaijan kazakhstan tangier tanger tunis lagos nairobi accra johannesburg cape_town sydney melbourne brisbane perth adelaide auckland wellington
`);

/** What lies between "I live in" and the name of the place: `a small town near`, `el barrio de`. */
export const SORTS_OF_PLACE = wordSet(`
  pueblo pueblito ciudad barrio aldea centro afueras campo costa isla norte sur este oeste zona capital provincia sierra playa urbanizacion
  comunidad valle montana region
  sea seaside beach lake river border town village city suburb suburbs outskirts center centre countryside coast island north south east west area downtown neighbourhood
  neighborhood capital hills mountains valley bay region state county
`);

/** Where nobody lives. */
export const NO_PLACES = wordSet(`
  miedo fear peace paz harmony armonia constante constant mundo world nubes clouds past pasado present presente futuro future hope denial
  mi my tu your su his her their este this that ese un una a an el la the los las lo it them which what que cual donde where general
  casa house piso flat apartment apartamento stress estres chaos caos luna moon sin pecado negacion tension estado mas menos todo general
  letras ciencias aqui alli alla fuera here there abroad vacaciones directo sociedad calma serio resumen realidad ella ellos ti pleno
`);

/** A home that says something: `un piso en el centro`, `a house with a garden`. */
export const HOMES = wordSet(`
  furgo autocaravana cueva masia cortijo adosado pareado buhardilla cuarto_sin_ascensor tercero segundo primero cuarto quinto bajo piso apartamento casa estudio chalet atico duplex finca departamento masia caravana furgoneta barco residencia loft
  flat apartment house studio condo narrowboat caravan trailer cottage farm dorm van boat townhouse bungalow houseboat cabin
`);
